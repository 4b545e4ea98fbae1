"""A site that asks Akismet, and what a test looks at behind the answers."""

from typing import Any
from uuid import UUID

import httpx

from service.accounts.types import ApiKey

BLOG = "https://news.example"
FRIENDLY = "I remember when the old bridge was closed for repairs, and it took two winters."
SPAM = (
    "EARN $5000 PER WEEK from home!!! Click here http://best-casino.top/?ref=77 and claim your "
    "FREE bonus, casino jackpot, work from home, sign up now http://best-casino.top/?ref=77"
)
ADDRESS = "81.2.69.142"


class AkismetSite:
    """One site with its key."""

    def __init__(self, client: httpx.AsyncClient, state: dict[str, Any], token: str) -> None:
        self.client, self.state, self.token = client, state, token

    async def ask(self, path: str, **fields: Any) -> httpx.Response:
        """Send one form."""
        form = {
            "api_key": self.token,
            "blog": BLOG,
            "user_ip": ADDRESS,
            "comment_content": FRIENDLY,
            **fields,
        }
        sent = {name: value for name, value in form.items() if value is not None}
        return await self.client.post(f"/1.1/{path}", data=sent)

    async def check(self, **fields: Any) -> str:
        """What comment-check answers."""
        answer = await self.ask("comment-check", **fields)
        assert answer.status_code == 200
        return answer.text

    async def say(self, said: str, **fields: Any) -> None:
        """Submit spam or ham."""
        answer = await self.ask(f"submit-{said}", **fields)
        assert answer.text == "Thanks for making the web a better place."

    async def key(self) -> ApiKey:
        """The key's row."""
        key: ApiKey = await self.state["keys"].find(self.token)
        return key

    async def records(self) -> dict[str, tuple[int, ...]]:
        """By kind what is known of senders: checked, taken, spam, ham; all digests together."""
        await self.state["senders"].write()
        rows = await self.state["pool"].fetch(
            """
            select kind, sum(checked), sum(taken), sum(spam), sum(ham) from sender_day
            group by kind having sum(checked + taken + spam + ham) > 0
            """
        )
        return {row[0]: tuple(row)[1:] for row in rows}

    async def used(self) -> tuple[int, ...]:
        """Calls, spam, ham, missed spam, false positives."""
        await self.state["usage"].write()
        row = await self.state["pool"].fetchrow(
            """
            select coalesce(sum(calls), 0), coalesce(sum(spam), 0), coalesce(sum(ham), 0),
                coalesce(sum(missed_spam), 0), coalesce(sum(false_positives), 0)
            from key_usage
            """
        )
        return tuple(row)

    async def examples(self) -> list[tuple[str, str, str, bool]]:
        """What is kept to learn from."""
        rows = await self.state["pool"].fetch(
            "select text, label, source, trusted from example order by id"
        )
        return [tuple(row) for row in rows]

    async def change_key(self, **columns: Any) -> UUID:
        """Change the key's row, as the desk would."""
        key = await self.key()
        for name, value in columns.items():
            await self.state["pool"].execute(
                f"update api_key set {name} = $2 where id = $1", key.id, value
            )
        self.state["keys"]._forget()
        return key.id
