"""Many accounts in one process, and in one warehouse.

Each account has a warehouse of its own, synced exactly as a single account is: raw tables,
histories, cursors, proofs and the lease know nothing of other accounts. What changed in it is then
copied into the one warehouse whose tables have a column `account`. An account's own warehouse is
also the unit that an orchestrator spreads over machines.

listed     accounts.toml
pool       syncs side by side, and how each one ended
combine    from an account's own warehouse into that of all
"""

from pipelines.accounts.combine import combine
from pipelines.accounts.listed import Account, read_accounts
from pipelines.accounts.pool import AccountOutcome, sync_accounts, worst

__all__ = [
    "Account",
    "AccountOutcome",
    "combine",
    "read_accounts",
    "sync_accounts",
    "worst",
]
