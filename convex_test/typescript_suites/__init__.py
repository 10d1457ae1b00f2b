"""Test files written in TypeScript for Vitest and `convex-test`, run in QuickJS against this library's backend.

A test file is bundled with everything it imports, evaluated in one context, and stays there: its tests, its closures
and the functions that it calls take turns in it (`engine/turns.py`), so that they share modules, mocks and stubs as in
Vitest. The functions themselves run as everywhere else, by `functions`. The JavaScript half is `prelude/src/suite`.
What is imitated: Vitest 5.1 (`vitest-dev/vitest`) and the npm package `convex-test` 0.0.60, where they do not
contradict production. May import everything but pytest.
"""
