"""A CSV file is read as it is meant, or refused by file, row and column."""

import csv

import pytest
from hypothesis import given, strategies as st

from autodiff.data import Table, iris, read_csv
from tests.engine.processes import printed_by

PLANTS = "height,kind,width\n1.5,moss,2\n-3e1,fern,0.25\n"
READ = Table(("height", "width"), [[1.5, 2.0], [-30.0, 0.25]], ["moss", "fern"], "kind")


@pytest.fixture
def saved(tmp_path):
    """A function that saves a table's text or bytes, and returns the path."""

    def path_of(content):
        path = tmp_path / "plants.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return path_of


def refusal(path, target="kind", **options):
    with pytest.raises(ValueError) as caught:
        read_csv(path, target, **options)
    message = str(caught.value)
    assert message.startswith(str(path)) and "\n" not in message
    return message.removeprefix(str(path))


def test_the_target_is_the_labels_and_every_other_column_a_feature(saved):
    assert read_csv(saved(PLANTS), "kind") == READ
    assert read_csv(str(saved(PLANTS)), "kind") == READ  # a path as text


def test_the_package_s_own_file_is_read_as_iris_is():
    from autodiff import data

    flowers = iris()
    table = read_csv(data.__path__[0] + "/iris.csv", "species")
    assert table.features == flowers.features
    assert tuple(map(tuple, table.rows)) == flowers.measurements
    assert tuple(table.labels) == flowers.species


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["no mark", "mark"])
def test_delimiters_line_ends_and_a_byte_order_mark_make_no_difference(saved, delimiter, end, mark):
    text = PLANTS.replace(",", delimiter).replace("\n", end)
    assert read_csv(saved(mark + text.encode()), "kind") == READ
    assert read_csv(saved(mark + text.removesuffix(end).encode()), "kind") == READ


def test_comments_and_blank_lines_are_skipped_wherever_they_are(saved):
    text = "# a, comment\n\nheight,kind,width\n#1,2\n1.5,moss,2\n  \n-3e1,fern,0.25\n# end"
    assert read_csv(saved(text), "kind") == READ


def test_quoted_cells_keep_delimiters_quotes_and_what_looks_like_a_comment(saved):
    text = '"height, cm","kind"\n"1","a ""b"", c"\n2,"#no\n# comment, either"\n'
    table = read_csv(saved(text), "kind")
    assert table.features == ("height, cm",)
    assert table.labels == ['a "b", c', "#no\n# comment, either"]


def test_spaces_around_cells_do_not_count(saved):
    text = 'height , kind, "width"\n 1.5, " moss ",2\n-3e1 ,fern ,  0.25\n'
    assert read_csv(saved(text), "kind") == READ


def test_the_delimiter_is_the_one_that_makes_the_target_a_column(saved):
    table = read_csv(saved("length, in cm;width, in cm;kind\n1;2;moss\n"), "kind")
    assert table.features == ("length, in cm", "width, in cm")
    with pytest.raises(ValueError, match=r"there is no column 'kind', only 'a;b', 'c', 'd'"):
        read_csv(saved("a;b,c,d\n"), "kind")  # none does: that of most columns


def test_a_quoted_header_is_read_with_every_delimiter(saved):
    assert read_csv(saved('"height";"kind"\n1;moss\n'), "kind").features == ("height",)


def test_labels_are_text_even_if_they_are_numbers(saved):
    assert read_csv(saved("x,y\n1,2\n3,4.5\n"), "y").labels == ["2", "4.5"]


def test_labels_are_numbers_on_demand(saved):
    assert read_csv(saved("x,y\n1,2\n3,4.5\n"), "y", target_is_number=True).labels == [2.0, 4.5]


@pytest.mark.parametrize("label", ["moss", "nan", "inf", "1_0"])
def test_labels_stay_text_if_one_of_them_is_no_finite_number(saved, label):
    table = read_csv(saved(f"x,y\n1,2\n3,{label}\n"), "y", target_is_number=True)
    assert table.labels == ["2", label]


@given(
    st.lists(
        st.tuples(
            st.floats(allow_nan=False, allow_infinity=False), st.text("ab #,;\t\n\"'é", min_size=1)
        ),
        min_size=1,
    ),
    st.sampled_from([",", ";", "\t"]),
)
def test_what_the_csv_module_writes_is_read_again(tmp_path_factory, rows, delimiter):
    rows = [(x, label) for x, label in rows if label.strip()] or [(0.0, "a")]
    path = tmp_path_factory.getbasetemp() / "written.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerows([("x", "y"), *rows])
    table = read_csv(path, "y")
    assert table.rows == [[x] for x, _ in rows]
    assert table.labels == [label.strip() for _, label in rows]


LONG = "x" * 60
REFUSED = {
    "an empty file": ("", " is empty: expected a row of column names and rows of numbers"),
    "comments only": ("# a\n\n", " is empty: expected a row of column names and rows of numbers"),
    "a header only": ("# a\nx,kind\n", " has a header in row 2, but no row of numbers below it"),
    "a column without a name": ("x,,kind\n1,2,a\n", ", row 1: column 2 of 3 has no name"),
    "two columns of one name": ("x,kind,x\n1,a,2\n", ", row 1: columns 1 and 3 both are 'x'"),
    "two columns of the target's name": (
        "kind,x,kind\na,1,b\n",
        ", row 1: columns 1 and 3 both are 'kind'",
    ),
    "an unknown target": (
        "# a\nx,y z\n1,2\n",
        ", row 2: there is no column 'kind', only 'x', 'y z'",
    ),
    "an unknown delimiter": (
        "x|kind\n1|a\n",
        ", row 1: there is no column 'kind', only 'x|kind'",
    ),
    "no header": (
        "1,1,moss\n2,2,fern\n",
        ", row 1: there is no column 'kind', only '1', '1', 'moss'; the first row must name the columns",
    ),
    "very many columns": (
        ",".join(f"c{i}" for i in range(30)),
        ", row 1: there is no column 'kind', only "
        + ", ".join(f"'c{i}'" for i in range(20))
        + ", … (30 in all)",
    ),
    "no feature": ("kind\na\n", ", row 1: 'kind' is the only column, expected features beside it"),
    "too few cells": ("x,kind\n1,a\n\n2\n", ", row 4: 1 cell, expected 2 as in row 1"),
    "too many cells": ("#\nx,kind\n1,a,3\n", ", row 3: 3 cells, expected 2 as in row 2"),
    "text": ("x,kind\n1,a\nmoss,b\n", ", row 3, column 'x': 'moss' is not a number"),
    "a long text": (
        f"x,kind\n{LONG},a\n",
        f", row 2, column 'x': '{LONG[:39]}…' is not a number",
    ),
    "a long name": (
        f"{LONG},kind\nno,a\n",
        f", row 2, column '{LONG[:39]}…': 'no' is not a number",
    ),
    "text over two lines": (
        'x,kind\n1,"a\nb"\n"c\nd",e\n',
        ", row 4, column 'x': 'c\\nd' is not a number",
    ),
    "a decimal comma": (
        "x;kind\n1,5;a\n",
        ", row 2, column 'x': '1,5' is not a number, write a decimal point instead of the comma",
    ),
    "an underscore": ("x,kind\n1_0,a\n", ", row 2, column 'x': '1_0' is not a number"),
    "nan": ("x,kind\nNaN,a\n", ", row 2, column 'x': 'NaN' is not a finite number"),
    "inf": ("kind,x\na,1\na,-inf\n", ", row 3, column 'x': '-inf' is not a finite number"),
    "beyond all floats": ("x,kind\n1e999,a\n", ", row 2, column 'x': '1e999' is not a finite number"),
    "an empty cell": ("x,kind\n1,a\n ,b\n", ", row 3, column 'x': the cell is empty"),
    "an empty label": ("x,kind\n1,\n", ", row 2, column 'kind': the cell is empty"),
    "a row of empty cells": ("x\tkind\n1\ta\n\t\n", ", row 3, column 'x': the cell is empty"),
    "an open quotation": (
        'x,kind\n1,a\n2,"b\n3,c\n',
        ", row 3: a quoted cell does not end as it should (unexpected end of data)",
    ),
    "an open quotation in the header": (
        'x,"kind\n1,a\n',
        ", row 1: a quoted cell does not end as it should (unexpected end of data)",
    ),
    "an unknown target in a quoted header": (
        '"x";"y"\n1;a\n',
        ", row 1: there is no column 'kind', only 'x', 'y'",
    ),
    "text after a quotation": (
        'x,kind\n1,"a"b\n',
        ", row 2: a quoted cell does not end as it should (',' expected after '\"')",
    ),
    "NUL bytes": (b"x,kind\r\n1,a\0\n", ", row 2: a NUL byte; save the table as UTF-8 text"),
    "UTF-16": ("x,kind\n1,a\n".encode("utf-16"), ", row 1: a NUL byte; save the table as UTF-8 text"),
    "Latin-1": (
        b"\xef\xbb\xbfx,kind\n1,a\n2,m\xfcsli\n",
        ", row 3: the byte 0xfc is not UTF-8; save the table as UTF-8 text",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_is_no_table_is_refused_in_one_sentence(saved, name):
    content, message = REFUSED[name]
    assert refusal(saved(content)) == message


def test_a_file_that_is_not_there_is_the_system_s_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_csv(tmp_path / "none.csv", "kind")
    with pytest.raises(OSError):
        read_csv(tmp_path, "kind")  # a folder


def test_the_package_loads_this_room_only_on_demand():
    loaded = printed_by("import sys, autodiff; print(*sys.modules)").split()
    assert not [name for name in loaded if name.startswith("autodiff.data")]


def test_the_room_itself_needs_the_standard_library_only():
    loaded = printed_by("import sys, autodiff.data; print(*sys.modules)").split()
    assert not {"numpy", "sklearn", "pandas"} & set(loaded)
