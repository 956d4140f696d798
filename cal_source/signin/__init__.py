"""Signing a person in to a third-party app of Cal.com's (OAuth2), and staying signed in.

`login.sign_in` walks through the authorization-code flow with PKCE and a callback on this machine;
`stored.StoredTokens` keeps the tokens in dlt's secrets file and renews them, one process at a time.
"""
