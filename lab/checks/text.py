"""A sentence in both languages. Which one is shown is decided when it is shown."""

from dataclasses import dataclass

from lab import i18n


@dataclass(frozen=True, slots=True)
class Text:
    """The same facts in French and in English."""

    fr: str
    en: str

    def __str__(self) -> str:
        return self.fr if i18n.language() == "fr" else self.en
