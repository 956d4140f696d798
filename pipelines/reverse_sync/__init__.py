"""Approved changes from the warehouse back to Cal.com: plan, approve, apply, verify, undo.

A plan is data (`plan`), made by a builder from change requests and live state, shown by renderers,
and carried out by one executor that checks its approval. `actions` declares, for each of the 89
writes of the catalogue, how its target is read, when it may be sent, how one sees that it was done
and what takes it back.
"""
