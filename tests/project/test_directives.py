from __future__ import annotations

import pytest

from convex_test.project.directives import directives, has_use_node_directive


@pytest.mark.parametrize(
    "source",
    [
        '"use node";',
        "'use node';",
        '"use node"',
        '"use node"\nimport x from "y";',
        '\ufeff"use node";',
        "#!/usr/bin/env node\n'use node';",
        '// comment "x"\n\n/* block\n */ "use node";',
        '"use strict";\n"use node";',
        '"use strict"\n"use node"\nexport {}',
        '"use node" /* why */ ;',
        '"use node" // why\nexport {}',
        '"a\\"b"; "use node";',
        '"use node"\n!function () {}()',
        '"use node"\ninstance()',
        '\u2028"use node"\u2028x',
    ],
)
def test_a_directive_in_the_prologue_counts(source):
    assert has_use_node_directive(source)


@pytest.mark.parametrize(
    "source",
    [
        "",
        "export {}",
        '// "use node"',
        '/* "use node" */',
        'import "x";\n"use node";',
        'const x = "use node";',
        '"use node" + x;',
        '"use node"\n  .length;',
        '"use node"\n(x)',
        '"use node"\n`x`',
        '"use node"\nin x',
        '"use node" export {}',
        '"use  node";',
        '"use node ";',
        '"use\\x20node";',
        '("use node");',
        '{ "use node"; }',
        '"unterminated\n"use node";',
    ],
)
def test_the_text_elsewhere_does_not(source):
    assert not has_use_node_directive(source)


def test_directives_are_given_as_written():
    assert directives("'use strict'; \"use\\u0020x\"\nfoo()") == ["use strict", "use\\u0020x"]
