"""A definition that can't be made: its users fail with what it raises, all others run, and nobody hides it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from pytest_agentgate.codemods.apply import Changed, Outcome, Unchanged, apply, rewrite
from pytest_agentgate.codemods.reading.sources import Place, Sources
from pytest_agentgate.codemods.rewrites.defer_definition import DeferDefinition

OLD = DeferDefinition("tests.forms.OldForm")
FORMS = """
from shop import Form

class OldForm(Form):
    name = Form.field(3)

class NewForm(Form):
    pass
"""
USER = "from tests.forms import OldForm\n\ndef test_old():\n    assert OldForm().name\n"


def of(path: str, forms: str = FORMS, **files: str) -> Outcome:
    texts = {"tests/forms.py": dedent(forms), **{f"tests/{name}.py": dedent(text) for name, text in files.items()}}
    return rewrite(texts[path], [OLD], Place.within(Sources.of(texts), path))


def reasons(outcome: Outcome) -> list[str]:
    assert isinstance(outcome, Unchanged), outcome
    return [f"{note.line}: {note.reason}" for note in outcome.notes]


KEPT = {
    "another meaning": ("def test():\n    OldForm()\nOldForm = None\n", "4: gives OldForm another meaning"),
    "a global": ("def test():\n    global OldForm\n    OldForm()\n", "2: declares OldForm global"),
    "a string": ("def test():\n    OldForm()\n    find('OldForm')\n", "4: names OldForm"),
    "the new name": ("def test(define_old_form):\n    OldForm()\n", "1: has a define_old_form already"),
    "an expected failure": (
        "import pytest\n@pytest.mark.xfail\ndef test():\n    OldForm()\n",
        "3: runs a function that uses OldForm in a way of its own",
    ),
    "an unknown decorator": (
        "import app\n@app.route\ndef view():\n    OldForm()\n",
        "3: runs a function that uses OldForm in a way of its own",
    ),
    "a function that is handed on": (
        "def make():\n    OldForm()\napp.register(make)\n",
        "4: is handed on here, and where OldForm fails could go unnoticed",
    ),
}


@pytest.mark.parametrize(("text", "reason"), KEPT.values(), ids=KEPT)
def test_what_needs_it_at_once_or_could_hide_it_leaves_all_files_alone(text: str, reason: str) -> None:
    user = f"from tests.forms import OldForm\n{text}"
    assert reason in reasons(of("tests/test_a.py", test_a=user, test_b=USER))
    assert any(
        f"tests/test_a.py:{reason}".replace(": ", " ", 1) in each for each in reasons(of("tests/forms.py", test_a=user))
    )
    assert any("tests/test_a.py:" in each for each in reasons(of("tests/test_b.py", test_a=user, test_b=USER)))


AT_ONCE = {
    "a base class": "class TestOwn(OldForm):\n    pass\n",
    "a parameter": "@pytest.mark.parametrize('x', [OldForm])\ndef test(x):\n    OldForm()\n",
    "a default": "def test(x=OldForm):\n    OldForm()\n",
}


@pytest.mark.parametrize("text", AT_ONCE.values(), ids=AT_ONCE)
def test_a_file_of_tests_that_needs_it_as_it_is_loaded_makes_it_then(text: str) -> None:
    user = f"import pytest\nfrom tests.forms import OldForm\n\n\n{text}"
    outcome = of("tests/test_a.py", test_a=user, test_b=USER)
    assert isinstance(outcome, Changed)
    begun = "import pytest\nfrom tests.forms import define_old_form\n\nOldForm = define_old_form()\n"
    assert outcome.source == f"{begun}\n\n{text}"
    helper = of("tests/making.py", making=user, test_b=USER)
    assert [each.partition(":")[2] for each in reasons(helper)] == [" needs OldForm as the file is loaded"]


def test_its_own_file_may_not_need_it_as_it_is_loaded() -> None:
    forms = f"{FORMS}\nclass Newest(OldForm):\n    pass\n"
    assert reasons(of("tests/forms.py", forms, test_a=USER)) == ["10: needs OldForm as the file is loaded"]


def test_a_definition_that_nobody_asks_for_by_name_stays_unless_that_is_wanted() -> None:
    assert reasons(of("tests/forms.py")) == ["4: nobody asks for OldForm by its name"]
    files = {"tests/forms.py": FORMS}
    place = Place.within(Sources.of(files), "tests/forms.py")
    made = rewrite(FORMS, [DeferDefinition("tests.forms.OldForm", unasked=True)], place)
    assert isinstance(made, Changed)


@pytest.mark.parametrize(
    ("definition", "reason"),
    [
        ("class OldForm(Form):\n    def test_it(self): ...\n", "2: OldForm holds tests"),
        ("@register\nclass OldForm(Form): ...\n", "2: may do something with OldForm as the file is loaded"),
        ("OldForm = Other = Form()\n", "2: defines more than OldForm"),
        ("OldForm = Form(); x = 1\n", "2: shares its line with another statement"),
        ("n = 1\nOldForm = Form(n)\nn = 2\n", "3: n may be another one later"),
    ],
)
def test_what_is_more_than_a_definition_stays(definition: str, reason: str) -> None:
    assert reason in reasons(of("tests/forms.py", f"from shop import Form, register\n{definition}", test_a=USER))


def test_it_is_left_where_it_is_read_off_its_module() -> None:
    user = "from tests import forms\n\ndef test():\n    forms.OldForm()\n"
    assert reasons(of("tests/test_a.py", test_a=user, test_b=USER)) == ["4: reaches it through its module"]


def test_a_helper_that_a_test_expects_to_fail_keeps_it() -> None:
    making = "from tests.forms import OldForm\n\ndef make():\n    return OldForm()\n"
    catching = """
        import pytest
        from tests.making import make

        def test_make():
            with pytest.raises(KeyError):
                make()
    """
    outcome = of("tests/making.py", making=making, test_a=catching)
    assert reasons(outcome) == ["1: tests/test_a.py could take what it raises for what it expects"]
    plain = catching.replace("with pytest.raises(KeyError)", "if True")
    assert isinstance(of("tests/making.py", making=making, test_a=plain), Changed)


def test_a_constant_is_given_by_its_function_and_an_alias_keeps_its_name() -> None:
    forms = "import shop\n\n# the old ones\nOLD_FORMS = [\n    shop.Old,  # gone\n]\n"
    user = "from tests.forms import OLD_FORMS as forms\n\ndef test_old():\n    assert forms\n"
    texts = {"tests/forms.py": forms, "tests/test_a.py": user}
    codemod = DeferDefinition("tests.forms.OLD_FORMS")
    made = {path: apply(text, [codemod], Place.within(Sources.of(texts), path)) for path, text in texts.items()}
    assert made["tests/forms.py"] == (
        "import functools\n\nimport shop\n\n# the old ones\n@functools.cache\ndef define_old_forms():\n"
        "    return [\n        shop.Old,  # gone\n    ]\n"
    )
    assert made["tests/test_a.py"] == (
        "from tests.forms import define_old_forms\n\ndef test_old():\n"
        "    forms = define_old_forms()\n    assert forms\n"
    )


def test_those_who_use_it_fail_as_before_and_all_others_run(tmp_path: Path, quick: None) -> None:
    files = {
        "shop.py": "class Form:\n    pass\n",
        "tests/forms.py": FORMS,
        "tests/conftest.py": "import pytest\nfrom tests.forms import NewForm\n\n@pytest.fixture\ndef form():\n"
        "    return NewForm()\n",
        "tests/test_a.py": """
            import pytest
            from tests.forms import OldForm

            def make():
                return OldForm()

            def test_old():
                with pytest.raises(AttributeError):
                    OldForm().save()

            def test_made():
                with pytest.raises(AttributeError):
                    make().save()

            def test_new(form):
                assert form
        """,
    }
    files = {path: dedent(text) for path, text in files.items()}
    sources = Sources.of(files)
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(apply(text, [OLD], Place.within(sources, path)))
    command = [sys.executable, "-m", "pytest", "-q", "-rA", "-pno:cacheprovider"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert "2 failed, 1 passed" in done.stdout, done.stdout
    assert done.stdout.count("no attribute 'field'") >= 2
