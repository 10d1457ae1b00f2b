"""Components: what `convex.config.ts` defines, the tree that is mounted, references into it, and function handles.

No JavaScript: definitions come in as the JSON of `app.export()` and `component.export()`. Imports nothing above
`backend`. The truth is in `crates/common/src/{components,bootstrap_model/components}` and
`crates/model/src/components`.
"""
