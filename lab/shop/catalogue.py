"""What the shop sells, from ``books.toml``."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

Texts = dict[str, str]
"""A text by language."""


@dataclass(frozen=True, slots=True)
class Book:
    """One book; ``slug`` is its place in URLs and its product id in the log."""

    slug: str
    category: str
    author: str
    year: int
    price: float
    title: Texts
    words: Texts

    @property
    def url(self) -> str:
        return f"/book/{self.slug}"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The books by slug and the names of categories by slug."""

    books: dict[str, Book]
    categories: dict[str, Texts]

    def of_category(self, category: str) -> list[Book]:
        return [book for book in self.books.values() if book.category == category]

    def with_words(self, words: list[str]) -> list[Book]:
        """The books of which author or title, in either language, holds all of the words."""
        wanted = [word.casefold() for word in words]
        return [
            book for book in self.books.values() if all(word in _searched(book) for word in wanted)
        ]


def _searched(book: Book) -> str:
    return " ".join((book.author, *book.title.values())).casefold()


@cache
def load() -> Catalogue:
    source = resources.files("lab.shop").joinpath("books.toml").read_text(encoding="utf-8")
    given = tomllib.loads(source)
    books = {slug: Book(slug=slug, **members) for slug, members in given["books"].items()}
    return Catalogue(books, given["categories"])
