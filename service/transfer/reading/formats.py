"""Which reader reads which format."""

from collections.abc import Callable

from service.transfer.reading import commento, disqus, isso, own, remark42, wordpress
from service.transfer.reading.found import Reading
from service.transfer.reading.input import Input
from service.transfer.types import Notes

READERS: dict[str, Callable[[Input, Notes], Reading]] = {
    "wordpress": wordpress.read,
    "disqus": disqus.read,
    "isso": isso.read,
    "remark42": remark42.read,
    "commento": commento.read,
    "comentario": commento.read,
    "json": own.read,
}
