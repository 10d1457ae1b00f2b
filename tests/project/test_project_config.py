from __future__ import annotations

import pytest

from convex_test.errors import ProjectError
from convex_test.project.config import ProjectConfig, load_config


def test_without_a_file_there_are_defaults(write):
    assert load_config(write({})) == ProjectConfig(
        functions="convex/", external_packages=(), generates_typescript=False
    )


@pytest.mark.parametrize("key", ["dependencies", "devDependencies"])
def test_a_create_react_app_has_its_functions_in_src(write, key):
    root = write({"package.json": f'{{"{key}": {{"react-scripts": "5.0.0"}}}}'})
    assert load_config(root).functions == "src/convex/"


@pytest.mark.parametrize("manifest", ['{"description": "not react-scripts"}', '["react-scripts"]', '{"react-scripts'])
def test_other_mentions_of_react_scripts_do_not_count(write, manifest):
    assert load_config(write({"package.json": manifest})).functions == "convex/"


def test_a_file_of_its_own_ends_the_special_case(write):
    root = write({"package.json": '{"dependencies": {"react-scripts": "5"}}', "convex.json": "{}"})
    assert load_config(root).functions == "convex/"


def test_settings_are_read_and_unknown_keys_kept(write):
    text = (
        '{"functions": "backend/fns", "node": {"externalPackages": ["sharp"], "new": 1},'
        ' "codegen": {"fileType": "ts"}, "future": true}'
    )
    config = load_config(write({"convex.json": text}))
    assert config.functions == "backend/fns"
    assert config.external_packages == ("sharp",)
    assert config.generates_typescript
    assert config.raw["future"] is True


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "Expected `convex.json` to contain an object"),
        ("null", "Expected `convex.json` to contain an object"),
        ('{"functions": 1}', "`functions` in `convex.json`: Expected string, received number"),
        ('{"functions": null}', "`functions` in `convex.json`: Expected string, received null"),
        ('{"functions": {}}', "`functions` in `convex.json`: Expected string, received object"),
        ('{"node": true}', "`node` in `convex.json`: Expected object, received boolean"),
        ('{"codegen": []}', "`codegen` in `convex.json`: Expected object, received array"),
        (
            '{"node": {"externalPackages": "x"}}',
            "`node.externalPackages` in `convex.json`: Expected array, received string",
        ),
        (
            '{"node": {"externalPackages": ["x", 1.5]}}',
            "`node.externalPackages.1` in `convex.json`: Expected string, received number",
        ),
    ],
)
def test_what_convex_refuses_is_refused_with_its_text(write, text, message):
    root = write({"convex.json": text})
    with pytest.raises(ProjectError) as caught:
        load_config(root)
    assert str(caught.value) == f"{root / 'convex.json'}: {message}"


def test_comments_are_refused_with_their_place(write):
    root = write({"convex.json": '{\n  // mine\n  "functions": "x"\n}'})
    with pytest.raises(ProjectError) as caught:
        load_config(root)
    first, second = str(caught.value).split("\n")
    assert first.startswith(f"{root / 'convex.json'}:2:3: Parsing convex.json failed: ")
    assert second == "It has to be plain JSON, without comments and trailing commas."
