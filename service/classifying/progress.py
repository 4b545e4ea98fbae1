"""How far a file is, for whoever waits: on a terminal a bar, for a pipe a counter."""

import contextlib
import time
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

Told = Callable[[int, int], None]  # texts that were scored, and bytes that were read for them


@contextlib.contextmanager
def shown(say: Console, size: int | None, *, disable: bool = False) -> Iterator[Told]:
    """Show texts, their rate and, where the size is known, the share and the time left.

    Nothing where the console is no terminal. The bar goes when it is done.
    """
    counter = (
        TextColumn("{task.description}"),
        TextColumn("{task.fields[texts]:,} texts"),
        TextColumn("{task.fields[rate]:,.0f}/s"),
    )
    bar = (*counter, BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(
        *(counter if size is None else bar),
        console=say,
        transient=True,
        disable=disable or not say.is_terminal,
        redirect_stdout=False,
        redirect_stderr=False,
    ) as progress:
        task = progress.add_task("Loading the classifier …", total=size, texts=0, rate=0.0)
        started = time.perf_counter()

        def tell(texts: int, read: int) -> None:
            rate = texts / (time.perf_counter() - started)
            progress.update(task, description="Scoring", completed=read, texts=texts, rate=rate)

        yield tell
