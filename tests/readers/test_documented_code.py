"""The code in docs/embed.md that makes tokens, run as it stands, with the library it names."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from npm import install
from readers.conftest import Editor, Post
from readers.publisher import SECRET, SigningKey

USER = "const user = { id: 7, name: 'Ana Kovač', email: 'ana@readers.example' };\n"
DOCS = Path(__file__).parents[2] / "docs" / "embed.md"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where `jose` is installed."""
    folder = tmp_path_factory.mktemp("jose")
    install("jose", folder, "the documented code wasn't run")
    return folder


def documented(word: str) -> str:
    """The one block of JavaScript that has this word."""
    blocks = re.findall(r"```js\n(.*?)```", DOCS.read_text(), re.DOTALL)
    [code] = [block for block in blocks if word in block]
    return code


def token_of(folder: Path, code: str, **env: str) -> str:
    """What the documented code makes for a user."""
    script = folder / "token.mjs"
    *imports, rest = code.partition("';\n")
    script.write_text("".join(imports) + USER + rest + "\nprocess.stdout.write(token);\n")
    done = subprocess.run(
        ["node", script], cwd=folder, env=env, check=True, capture_output=True, text=True
    )
    return done.stdout


async def test_a_shared_secret_in_node(
    with_secret: None, editor: Editor, post_as: Post, folder: Path
) -> None:
    await editor("PATCH", "", {"audience": "comments"})
    token = token_of(folder, documented("TextEncoder"), REJOINDER_READER_SECRET=SECRET)
    posted = await post_as(token)
    assert posted.status_code == 201, posted.text
    assert posted.json()["comment"]["author"] == {"name": "Ana Kovač", "badge": "Subscriber"}


async def test_an_own_key_in_node(editor: Editor, post_as: Post, folder: Path) -> None:
    signing = SigningKey("2026-11")
    await editor("PATCH", "", {"audience": "comments"})
    added = await editor("POST", "/keys", {"public": json.dumps(signing.public_jwk)})
    assert added.status_code == 201, added.text
    pem = signing.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    token = token_of(folder, documented("importPKCS8"), READER_KEY_PEM=pem)
    posted = await post_as(token)
    assert posted.status_code == 201, posted.text
    assert posted.json()["comment"]["author"]["name"] == "Ana Kovač"
