"""Diagrams are found with their pictures, which are of their very text or old."""

from pathlib import Path

import pytest

from lab.course import diagrams

TEXT = "# T\n\n```mermaid flow\nflowchart LR\n a --> b\n```\n\n```sql\nSELECT 1\n```\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "exercises" / "m01" / "e01_a" / "statement.en.md"
    file.parent.mkdir(parents=True)
    file.write_text(TEXT)
    return file


def test_a_picture_is_drawn_when_it_is_of_this_text(file: Path, tmp_path: Path) -> None:
    ((picture, one),) = diagrams.every(tmp_path).items()
    assert picture == tmp_path / "exercises" / "m01" / "pictures" / "flow.en.svg"
    assert one.text == "flowchart LR\n a --> b\n"
    assert not one.drawn
    picture.parent.mkdir()
    picture.write_text(f"<svg><!-- drawn by Mermaid 11.17.2 from {one.digest} --></svg>")
    assert one.drawn
    file.write_text(TEXT.replace("a --> b", "a --> c"))
    assert not diagrams.every(tmp_path)[picture].drawn


def test_a_solution_s_notes_have_their_pictures_in_the_module(file: Path, tmp_path: Path) -> None:
    notes = tmp_path / "solutions" / "m01" / "e01_a" / "notes.fr.md"
    notes.parent.mkdir(parents=True)
    notes.write_text(TEXT)
    assert {picture.name for picture in diagrams.every(tmp_path)} == {"flow.en.svg", "flow.fr.svg"}


def test_two_that_differ_have_two_names(file: Path, tmp_path: Path) -> None:
    (file.parent / "other.en.md").write_text(TEXT.replace("a -->", "x -->"))
    with pytest.raises(ValueError, match="another diagram of the module is named flow"):
        diagrams.every(tmp_path)
