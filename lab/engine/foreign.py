"""What sqlglot reads of other dialects and Trino's grammar has not: refused while the statement is
read, before any name is looked up, as a parser would.
"""

from sqlglot import exp

from lab.engine.errors import failure

# Never part of a tree that is Trino's, wherever they stand.
NODES = (
    exp.IntDiv, exp.Struct, exp.SafeDivide, exp.BitwiseAnd, exp.BitwiseOr, exp.BitwiseXor,
    exp.BitwiseNot, exp.BitwiseLeftShift, exp.BitwiseRightShift, exp.Parameter,
    exp.SessionParameter,
)  # fmt: skip
STAR_WORDS = ("except_", "except", "replace", "rename")


def refuse_foreign(tree: exp.Expr) -> None:
    """SYNTAX_ERROR for the first part that is not Trino's."""
    for node in tree.walk():
        match node:
            case exp.Placeholder() if node.this:
                raise failure("SYNTAX_ERROR", f"mismatched input ':{node.this}'", node)
            case exp.Table(this=exp.Anonymous()) if str(node.this.this).upper() != "TABLE":
                raise failure("SYNTAX_ERROR", "mismatched input '('", node)
            case exp.Star():
                _check_star(node)
            case _ if isinstance(node, NODES):
                raise failure("SYNTAX_ERROR", f"mismatched input in '{node.sql()}'", node)


def _check_star(node: exp.Star) -> None:
    for word in STAR_WORDS:
        if node.args.get(word):
            shown = word.strip("_").upper()
            raise failure("SYNTAX_ERROR", f"mismatched input '{shown}'", node)
