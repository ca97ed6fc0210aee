"""The shop's pages, in both languages."""

from html import unescape

import pytest

from lab.shop import catalogue
from lab.shop.site import Answer, Request, Site, etag


@pytest.fixture(scope="module")
def site() -> Site:
    return Site()


def get(site: Site, target: str, **headers: str) -> Answer:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return site.respond(Request("GET", target, names))


def text(answer: Answer) -> str:
    return unescape(answer.body.decode())


@pytest.mark.parametrize(
    ("target", "status", "english", "french"),
    [
        ("/", 200, "Books that never grow old", "Des livres qui ne vieillissent pas"),
        ("/category/tales", 200, "<h1>Tales</h1>", "<h1>Contes</h1>"),
        ("/book/old-goriot", 404, "<h1>404</h1>", "trouvé son lecteur"),
        ("/book/le-pere-goriot", 200, "Old Goriot", "Le Père Goriot"),
        ("/book/germinal", 200, "€9.20", "9,20 €"),
        ("/search?q=verne", 200, "Eighty Days", "quatre-vingts jours"),
        ("/search?q=%22mother+goose%22", 200, "Mother Goose", "ma mère l'Oye"),
        ("/search?q=nobody", 200, "No book has these words", "Aucun livre ne contient"),
        ("/cart", 200, "Your cart is empty", "Votre panier est vide"),
        ("/thanks", 200, "Thank you!", "Merci\u00a0!"),
        ("/category/comics", 404, "There is no such page", "Cette page n'existe pas"),
        ("/%ff", 400, "could not make sense", "could not make sense"),
        ("/search?q=l'assommoir", 500, "broke on our side", "Vous n'y êtes pour rien"),
    ],
)
def test_each_page_speaks_the_visitor_s_language(
    site: Site, target: str, status: int, english: str, french: str
) -> None:
    for language, expected in (("en-GB", english), ("fr-FR,fr", french), ("de", english)):
        answer = get(site, target, accept_language=language)
        assert answer.status == status
        assert expected in text(answer)


def test_a_chosen_language_stays(site: Site) -> None:
    answer = get(site, "/?lang=fr", accept_language="en")
    assert answer.headers["Set-Cookie"] == "lang=fr; Path=/; SameSite=Lax"
    assert "Panier" in text(get(site, "/", accept_language="en", cookie="lang=fr"))


def test_a_language_that_is_none_goes_into_no_header(site: Site) -> None:
    answer = get(site, "/?lang=fr%0d%0aX-Evil:%201")
    assert answer.headers == {}


def test_what_is_searched_is_shown_as_text(site: Site) -> None:
    assert b"<script>" not in get(site, "/search?q=%3Cscript%3E").body


def test_a_book_goes_into_the_cart_and_is_ordered(site: Site) -> None:
    added = site.respond(Request("POST", "/cart", {"cookie": "cart=walden:1"}, b"book=walden"))
    assert (added.status, added.headers["Location"]) == (303, "/cart")
    cookie = added.headers["Set-Cookie"].split(";")[0]
    assert cookie == "cart=walden:2"
    assert "€17.20" in text(get(site, "/checkout", cookie=cookie))
    ordered = site.respond(Request("POST", "/checkout", {"cookie": cookie}))
    assert (ordered.status, ordered.headers["Location"]) == (303, "/thanks")
    assert "Max-Age=0" in ordered.headers["Set-Cookie"]


@pytest.mark.parametrize("cart", ["walden:100", "walden:-1", "nothing:1", "walden", '"', "=;="])
def test_a_cookie_that_was_tampered_with_is_an_empty_cart(site: Site, cart: str) -> None:
    assert "Your cart is empty" in text(get(site, "/cart", cookie=f"cart={cart}"))


def test_a_file_that_the_browser_has_is_not_sent_again(site: Site) -> None:
    first = get(site, "/static/covers/walden.svg")
    again = get(site, "/static/covers/walden.svg", if_none_match=etag("covers/walden.svg"))
    assert (first.status, first.kind) == (200, "image/svg+xml")
    assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize("target", ["/static/../site.py", "/static/%2e%2e/books.toml", "/static/"])
def test_files_outside_of_the_folder_are_not_served(site: Site, target: str) -> None:
    assert get(site, target).status == 404


def test_all_links_of_all_pages_lead_somewhere(site: Site) -> None:
    places = ["/", *(book.url for book in catalogue.load().books.values())]
    for place in places:
        for part in get(site, place).body.decode().split('="')[1:]:
            link = part.partition('"')[0]
            if link.startswith("/"):
                assert get(site, link).status in (200, 303), link


def test_methods_that_it_has_not_are_refused(site: Site) -> None:
    assert site.respond(Request("POST", "/")).status == 405
    assert site.respond(Request("DELETE", "/cart")).status == 405
