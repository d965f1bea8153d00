"""Every sentence with which measuring may end. The child process sends a key; the words are chosen here."""

from __future__ import annotations

from artdesk.core.errors import ModelRefused

SENTENCES: dict[str, str] = {
    "no_picture": "“{name}” does not take a picture: its input is neither height × width × colours nor the other way.",
    "channels": "“{name}” wants pictures with {count} channels; only colour and grey ones are taken in.",
    "many_pictures": "“{name}” wants {count} pictures at once; a picture and a style are all that can be given.",
    "unknown_input": "“{name}” wants an input called “{input}” that is neither a picture nor a style nor a strength.",
    "does_not_run": "“{name}” could not be run on a test picture of any size.",
    "no_output": "“{name}” gives back no picture: its output has nothing of the picture's shape.",
    "odd_size": "“{name}” gives back a picture whose size does not follow from the one put in.",
    "smaller": "“{name}” gives back a smaller picture than it gets, and it is no mask.",
    "not_numbers": "“{name}” gives back values that are no numbers on an ordinary picture.",
    "flat": "“{name}” gives back one flat colour on an ordinary picture.",
    "numb": "“{name}” gives back the same whatever picture it gets.",
    "at_once": "“{name}” makes {count} pictures at once; one at a time is needed.",
    "no_seed_picture": "“{name}” takes no picture and makes none from numbers. Of two files, choose the generator.",
    "numb_seed": "“{name}” makes the same picture from every seed.",
    "flat_seed": "“{name}” makes nothing but flat colours.",
    "restless": "“{name}” makes another picture every time from the same seed.",
    "mapping": "“{name}” does not fit the mapping that lies beside it.",
    "does_not_load": "“{name}” is not accepted by ONNX Runtime.",
    "time": "“{name}” took longer than {limit} s on small test pictures and was stopped.",
    "memory": "“{name}” took more than {limit} MB of memory on small test pictures and was stopped.",
    "crash": "“{name}” crashed while it was tried out. Nothing else was harmed.",
    "answer": "“{name}” could not be measured.",
}


class Refused(Exception):
    """Measuring ends here; `key` is one of SENTENCES."""

    def __init__(self, key: str, **values: str | int) -> None:
        super().__init__(key, values)
        self.key, self.values = key, values


def refusal(key: str, name: str, values: dict[str, str | int]) -> ModelRefused:
    """The sentence for `key`. Values come from the child and are shortened."""
    sentence = SENTENCES.get(key, SENTENCES["answer"])
    short = {k: v[:60] if isinstance(v, str) else v for k, v in values.items() if k.isidentifier()}
    return ModelRefused(sentence, **{"count": "?", "input": "?", "limit": "?", **short, "name": name})
