"""Tokens: which providers a deployment trusts, what makes a token valid, and the identity that its claims give.

No JavaScript and no network: the evaluated `auth.config` comes in as JSON, and whoever asks brings what fetches.
"""
