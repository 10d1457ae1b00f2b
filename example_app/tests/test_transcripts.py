"""Actions that run in Node.js, and stored files."""

import gzip
import hashlib

from convex_test import api


def test_a_transcript_is_kept_as_a_compressed_file(t, sarah, general):
    for body in ("Hi", "Anybody there?"):
        sarah.mutation(api.messages.send, channelId=general, body=body)

    archive = sarah.action(api.transcripts.archive, channelId=general)

    text = "Sarah: Hi\nSarah: Anybody there?"
    assert archive["checksum"] == hashlib.sha256(text.encode()).hexdigest()
    assert gzip.decompress(t.run(lambda ctx: ctx.storage.get(archive["fileId"]))).decode() == text
