"""The lesson page in a real browser: every step there and back, every mistake named, nothing fetched."""

import json
import re

import pytest

import autodiff as ad
from autodiff import cli
from autodiff.draw import NoEngineError
from autodiff.lesson import library, steps_of, verdict
from autodiff.lesson.answers import SAYS
from autodiff.syntax import compute, parse

EXPRESSION = "y1 = sin(w1*x + w0); y2 = cos(w1*x + w0)"
VALUES = {"w0": 0.5, "w1": 2.0, "x": 0.3}


def lesson_of(text, **values):
    return ad.lesson(compute(parse(text), values).outputs, title=text)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    try:
        return lesson_of(EXPRESSION, **VALUES).save(tmp_path_factory.mktemp("lesson") / "lesson.html")
    except NoEngineError as error:
        pytest.skip(str(error))


@pytest.fixture
def page(browser, file):
    """The open page; whatever it complains about or asks the network for fails the test."""
    opened = browser.new_page(viewport={"width": 1280, "height": 900})
    opened.set_default_timeout(5_000)  # whatever is not there by then will not come
    complaints, requests = [], []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    opened.on("request", lambda request: requests.append(request.url))
    opened.goto(file.as_uri())
    yield opened
    assert complaints == [] and requests == [file.as_uri()]
    opened.close()


def steps_on(page):
    return json.loads(page.inner_text("#data") or page.text_content("#data"))["sweeps"][0]["steps"]


def place_of(page, symbol):
    """Return how many steps it takes to the contribution to a symbol's adjoint that is not 0."""
    found = [
        i
        for i, s in enumerate(steps_on(page), 1)
        if s["symbol"].startswith(f"{symbol} +=") and s["right"]
    ]
    return found[-1]


def go_to(page, place):
    page.evaluate("document.activeElement.blur()")  # a box with text in it keeps the arrows
    page.keyboard.press("Home")
    for _ in range(place):
        page.keyboard.press("ArrowRight")


def test_it_steps_from_w1_to_its_derivative_and_back(page):
    total = len(steps_on(page))
    assert page.inner_text("#where") == f"{total} steps; nothing is computed yet"
    go_to(page, place_of(page, "w̄1"))
    assert "0.1361" in page.inner_text("#formula") and "ā4" in page.inner_text("#formula")
    assert "Error from above ā4 = 0.4536 times the local derivative" in page.inner_text("#sentence")
    assert "w̄1 = 0.1361" in page.text_content("#graph")
    page.keyboard.press("ArrowLeft")
    assert "w̄1 = 0.1361" not in page.text_content("#graph")
    page.keyboard.press("End")
    assert page.is_disabled("#next") and page.inner_text("#where").startswith(f"Step {total} of {total}")
    page.keyboard.press("Home")
    assert page.is_disabled("#back") and "0.8912" not in page.text_content("#graph")


def test_every_step_of_the_table_appears_when_it_is_reached(page):
    rows = page.locator('[data-sweep="0"] tr[data-row]')
    assert all(
        text == "not computed yet"
        for text in page.locator('[data-sweep="0"] td.result').all_inner_texts()
    )
    for i, step in enumerate(steps_on(page)):
        page.click("#next")
        assert rows.nth(i).locator("td").nth(3).inner_text() == step["result"]
        assert rows.nth(i).get_attribute("aria-current") == "step"


MISTAKES = {
    "-0.1361": "The size is right: look at the sign.",
    "0.4536": "You passed the error on unchanged: what is this edge's local derivative?",
    "0.3": "That is the local derivative: multiply it by the error from above.",
    "0.4536*2": "That is the derivative for the other input of this operation.",
    "2": "That is the node's value, not its derivative.",
    "0.14": "The right idea: give more digits.",
    "0.1": "The right idea: give more digits.",
    "1/0": "That has no value: look at its logarithms, roots and quotients.",
    "2**9999": "That has no value: look at its logarithms, roots and quotients.",
    "log(-1)": "That has no value: look at its logarithms, roots and quotients.",
    "0,1361": "That cannot be read as a number: a decimal point is a point, not a comma.",
    "hello": "That cannot be read as a number: put in the number for “hello”.",
    "": "Type a number, or an expression such as cos(1.1) or 3*2.",
    "1" * 300: "That is long: an answer has at most 200 characters.",
    "alert(1)": "That cannot be read as a number: put in the number for “alert”.",
}


@pytest.mark.parametrize("answer, says", MISTAKES.items())
def test_each_named_mistake_is_told_and_the_number_stays_hidden(page, answer, says):
    page.check("#predict")
    go_to(page, place_of(page, "w̄1"))
    page.fill("#answer", answer)
    page.click("text=Check")
    assert page.inner_text("#said") == says
    assert "0.1361" not in page.inner_text("body")


EXPRESSIONS = [
    "0.1361", "cos(1.1)*0.3", "0.3 · cos(2*0.3 + 0.5)", "sin(pi/2 - 1.1)*3/10", ".1361", "0.136",
    "0.3*cos(1.1)^1", "leaky_relu(0.1361, 0.1)",
]  # fmt: skip


@pytest.mark.parametrize("answer", EXPRESSIONS)
def test_any_expression_of_the_number_is_right(page, answer):
    page.check("#predict")
    go_to(page, place_of(page, "w̄1"))
    page.fill("#answer", answer)
    page.keyboard.press("Enter")
    assert page.inner_text("#said") == "Right." and "0.1361" in page.inner_text("#formula")


def test_hints_come_by_degrees_and_the_answer_last(page):
    page.check("#predict")
    go_to(page, place_of(page, "w̄1"))
    said = []
    for answer in ("77", "78", "79"):
        page.fill("#answer", answer)
        page.click("text=Check")
        said.append(page.inner_text("#said"))
    hints = ("The rule: w̄1 += ā4·x", "With numbers: w̄1 += 0.4536 · 0.3", "It is 0.1361: w̄1 += 0.1361")
    assert said == [f"That is not it. {one}" for one in hints]
    assert "0.1361" in page.inner_text("#formula")  # told, so it counts as answered


def answers_to(step):
    """Return answers of every sort to a step: two that are right, and all that are wrong."""
    right = step.right
    typed = [f"{right:.{n}f}" for n in range(6)] + [f"{right:.{n}e}" for n in range(5)]
    typed += [repr(slip.number) for slip in step.slips] + [repr(-right), repr(right), "7.77", "1/0"]
    typed = [*dict.fromkeys(typed)]
    return [x for x in typed if not verdict(step, x).right] + [
        x for x in typed if verdict(step, x).right
    ][:2]


@pytest.mark.parametrize("text, values", [
    ("y = x*x + 3*x", {"x": 2.0}), ("y = sigmoid(w*x)/b", {"w": 0.5, "x": -1.2, "b": 3.0}),
])  # fmt: skip
def test_page_and_terminal_say_the_same_to_every_answer(browser, tmp_path, text, values):
    outs = compute(parse(text), values).outputs
    page = browser.new_page()
    page.goto(ad.lesson(outs).save(tmp_path / "x.html").as_uri())
    page.check("#predict")
    for place, step in enumerate(steps_of(ad.trace(outs)), 1):
        if not step.is_asked:
            continue
        for answer in answers_to(step):
            page.evaluate("i => document.querySelectorAll('tr[data-row]')[i].click()", place - 1)
            page.fill("#answer", answer)
            page.keyboard.press("Enter")
            said, wanted = page.inner_text("#said"), verdict(step, answer)
            hinted = f"{wanted.says} {step.hints[0]}" if wanted.says == SAYS["wrong"] else wanted.says
            assert said == hinted, (place, answer)
            if wanted.right:
                page.reload()
                page.check("#predict")
    page.close()


def test_the_functions_of_the_page_are_the_tables(browser, file):
    page = browser.new_page()
    page.goto(file.as_uri())
    names = page.evaluate("Object.keys(FUNCTIONS)")
    assert {"relu", "leaky_relu", "sigmoid", "logsumexp", "max", "sech"} <= set(names)
    for name in names:
        row = ad.PRIMITIVES[name]
        count = 3 if row.operands.variadic else len(row.operands.names)
        for point in ([0.3, 0.7, 0.9], [-0.4, 1.3, 2.0], [2.5, -0.6, 0.1]):
            operands = point[:count]
            wanted = row.evaluate(*operands)
            found = page.evaluate("([name, xs]) => FUNCTIONS[name][2](...xs)", [name, operands])
            agree = found == pytest.approx(wanted, rel=1e-12, abs=1e-300)
            assert agree or wanted != wanted, (name, operands, found, wanted)
    page.close()


def test_in_predict_mode_what_was_passed_over_stays_blank(page):
    page.check("#predict")
    total = len(steps_on(page))
    page.click("#last")
    table = page.inner_text('[data-sweep="0"] table')
    asked = sum(step["asked"] for step in steps_on(page))
    assert table.count("not answered yet") == asked and "0.8912" not in page.text_content("#graph")
    page.click("#graph g.node >> nth=0")
    assert "(the paths come when every number is answered)" in page.inner_text("#picked")
    assert not page.is_visible("details.orders")
    page.uncheck("#predict")
    assert page.inner_text('[data-sweep="0"] table').count("not answered yet") == 0 and total > asked


def test_the_sum_of_several_contributions_stands_nowhere_before_it_is_answered(browser, tmp_path):
    page = browser.new_page()
    page.goto(lesson_of("y = x*x + 3*x", x=2.0).save(tmp_path / "s.html").as_uri())
    page.check("#predict")
    for answer in ("4", "6", "10", "1", "1", "1", "3", "2", "2"):
        while not page.is_visible("#ask"):
            page.keyboard.press("ArrowRight")
        page.fill("#answer", answer)
        page.keyboard.press("Enter")
        page.click("#next")
    assert "the sum of its contributions" in page.inner_text("#live") or page.is_visible("#ask")
    assert "x̄: 3 of 3" in page.text_content("#graph") and "= 7" not in page.text_content("#graph")
    page.fill("#answer", "3")
    page.keyboard.press("Enter")
    assert page.inner_text("#said") == "Another path reached this node before: add, do not replace."
    page.fill("#answer", "7")
    page.keyboard.press("Enter")
    assert "x̄ = 7" in page.text_content("#graph")
    page.close()


def test_predict_is_switched_by_the_keyboard_and_the_next_question_has_the_focus(page):
    page.focus("#predict")
    page.keyboard.press("Space")
    assert page.is_checked("#predict") and page.inner_text("#play") == "Play"
    go_to(page, 4)
    assert page.evaluate("document.activeElement.id") == "answer"
    page.keyboard.type("0.6")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")  # on Next
    page.keyboard.type("1.1")
    assert page.input_value("#answer") == "1.1"


def test_playing_ends_where_a_question_or_another_sweep_begins(page):
    page.click("#play")
    page.select_option("#sweep", "1")
    assert page.inner_text("#play") == "Play"


def test_an_edge_leads_to_its_step_in_both_modes(page):
    page.select_option("#sweep", "2")  # forward mode
    page.click('g[aria-label="edge from w1 to a4"]', force=True)
    assert "tangent" in page.inner_text("#where") and "ȧ4" in page.inner_text("#formula")
    assert page.inner_text("#picked-name") == "w1"
    page.keyboard.press("Escape")
    assert not page.is_visible("#picked")


@pytest.mark.parametrize("name", ["batch-normalisation", "weight-gradient-3x3", "one-step-of-descent"])
@pytest.mark.parametrize("width, height", [(1280, 900), (390, 800)])
def test_graphs_can_be_read_and_next_is_at_hand(browser, tmp_path, name, width, height):
    page = browser.new_page(viewport={"width": width, "height": height})
    page.goto(library()[name].page().save(tmp_path / "x.html").as_uri())
    text = page.locator("#graph .node text").first
    scale = text.evaluate("t => t.getCTM().a * parseFloat(getComputedStyle(t).fontSize)")
    assert scale >= 11  # pixels
    for _ in range(30):
        box = page.locator("#next").bounding_box()
        assert box["y"] + box["height"] <= height
        page.click("#next")
        node = page.locator("#graph .node.active").first.bounding_box()
        frame = page.locator(".picture").bounding_box()
        assert node["x"] + node["width"] > frame["x"] and node["x"] < frame["x"] + frame["width"]
        assert node["y"] + node["height"] > frame["y"] and node["y"] < frame["y"] + frame["height"]
    page.close()


def test_nodes_and_edges_answer_to_keys_and_show_their_paths(page):
    page.keyboard.press("End")
    page.locator('#graph [aria-label="node w1"]').focus()
    page.keyboard.press("Enter")
    assert page.inner_text("#picked-name") == "w1"
    assert "w1 → a4 → a5 → y1: 0.4536 · 1 · 0.3 = 0.1361" in page.inner_text("#picked-paths")
    assert "w̄1 = 0.1361" in page.inner_text("#picked-facts")
    page.locator('#graph [aria-label="edge from w1 to a4"]').focus()
    page.keyboard.press("Enter")
    assert page.inner_text("#where").startswith(f"Step {place_of(page, 'w̄1')} of")


def test_both_modes_and_every_output_and_input_can_be_chosen(page):
    titles = page.locator("#sweep option").all_inner_texts()
    assert titles == [
        "reverse mode, from y1", "reverse mode, from y2", "forward mode, along w0",
        "forward mode, along w1", "forward mode, along x",
    ]  # fmt: skip
    page.select_option("#sweep", label="forward mode, along w1")
    page.click("#last")
    assert "ẏ1 = 0.1361" in page.text_content("#graph") and "ẏ2 = -0.2674" in page.text_content("#graph")


def test_play_moves_on_by_itself_and_stops_when_told(page):
    page.click("#play")
    page.locator("#where", has_text="Step 1 of").wait_for()
    assert page.inner_text("#play") == "Pause"
    page.click("#play")
    assert page.inner_text("#play") == "Play"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing(browser, file, scheme, width):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    opened = browser.new_page(viewport={"width": width, "height": 850}, color_scheme=scheme)
    opened.goto(file.as_uri())
    for _ in range(12):
        opened.keyboard.press("ArrowRight")
    opened.locator('#graph [aria-label="node x"]').click()
    opened.check("#predict")
    found = axe.Axe().run(opened)
    assert found.violations_count == 0, found.generate_report()
    assert opened.evaluate("document.documentElement.scrollWidth <= innerWidth")  # nothing sticks out
    opened.close()


def test_without_scripts_the_whole_table_can_be_read(browser, file):
    context = browser.new_context(java_script_enabled=False)
    opened = context.new_page()
    opened.goto(file.as_uri())
    text = opened.inner_text("main")
    assert "not computed yet" not in text and "0.1361" in text and "-1.7824" in text
    assert not opened.is_visible("#next") and opened.is_visible("#graph")
    context.close()


def test_a_step_is_spoken_once_and_motion_is_never_there(page):
    page.click("#next")
    assert page.text_content("#live").startswith("Step 1 of 16. w0 = 0.5.")
    assert page.text_content("#live").count("Step") == 1
    assert page.get_attribute("#live", "aria-live") == "polite"
    assert not re.search(r"(?<!-)\b(transition|animation)\s*:", page.text_content("style"))


def printed_table(page):
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    rows = page.locator('[data-sweep="0"] tr[data-row]').all()
    found = [row.locator("td").nth(3) for row in rows]
    texts = [(cell.inner_text(), "quiet" in (cell.get_attribute("class") or "")) for cell in found]
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")
    return texts


def test_it_prints_the_whole_table_and_with_predict_a_worksheet(page):
    steps = steps_on(page)
    assert printed_table(page) == [(step["result"], False) for step in steps]
    page.check("#predict")
    for (text, blank), step in zip(printed_table(page), steps, strict=True):
        assert blank == step["asked"] and (blank or text == step["result"])
    assert page.inner_text("#where").endswith("nothing is computed yet")


def test_on_paper_are_graph_and_table_alone(page):
    page.emulate_media(media="print")
    assert page.is_visible("#graph") and page.is_visible('[data-sweep="0"] table')
    assert (
        not page.is_visible("#next") and not page.is_visible("#formula") and not page.is_visible("#ask")
    )
    page.emulate_media(media="screen")


def test_a_lesson_has_its_text_and_the_figures_of_finite_differences(browser, tmp_path):
    pytest.importorskip("matplotlib")
    opened = browser.new_page()
    opened.goto(library()["gradient-check"].page().save(tmp_path / "check.html").as_uri())
    assert opened.locator(".text p").count() == 4
    for figure in opened.locator("figure").all():
        assert figure.locator("img").evaluate("image => image.naturalWidth") > 100
        assert (
            figure.locator("img")
            .get_attribute("alt")
            .startswith(figure.locator("figcaption").inner_text())
        )
    assert "a kink" in opened.locator("figcaption").nth(1).inner_text()
    opened.locator("figure summary").first.click()
    assert opened.locator("figure tr").count() >= 14
    opened.close()


def test_names_with_markup_stay_text(browser, tmp_path):
    x = ad.Value(2.0, name="<img src=x onerror=alert(1)>")
    y = ad.square(x)
    y.name = "</script><script>alert(2)</script>"
    opened = browser.new_page()
    said = []
    opened.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    opened.goto(ad.lesson(y, title="<b>&").save(tmp_path / "x.html").as_uri())
    opened.keyboard.press("End")
    assert said == [] and opened.inner_text("h1") == "<b>&" and opened.locator("img").count() == 0
    assert "<img src=x" in opened.inner_text("table")
    opened.close()


def test_a_notebook_shows_the_page_in_a_frame_of_its_own(browser, file):
    shown = lesson_of(EXPRESSION, **VALUES)._repr_html_()
    opened = browser.new_page()
    opened.set_content(shown)
    frame = opened.frame_locator("iframe")
    frame.locator("#next").click()
    assert frame.locator("#where").inner_text().startswith("Step 1 of")
    opened.close()


def test_the_command_writes_a_page_or_nothing(tmp_path, capsys):
    target = tmp_path / "lesson.html"
    words = ["lesson", "L = (y - w*x)**2 / 2", "w=2", "x=3", "y=5", "-o"]
    assert cli.main([*words, str(target)]) == 0
    assert target.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert cli.main([*words, str(tmp_path / "lesson.pdf")]) == 2
    assert "a lesson's name ends in .html" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["lesson.html"]
