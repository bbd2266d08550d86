"""The label reader: one regular expression, two orders of magnitude faster than pvl.

What it does not understand goes to pvl, which is the reference grammar.  Times stay
text, integers with leading zeros (product numbers) too, so that nothing is lost on the
way through a pipe.
"""

import re

from .error import Error, IoError
from .node import Node, Quantity, word_of

END = re.compile(rb"(?:\A|\n)[ \t]*end[ \t\r]*(?=\n|\0|\Z)", re.I)
TOKEN = re.compile(
    r"""[\s;]+ | \#[^\n]* | /\*.*?\*/
    | "(?P<double>[^"]*)" | '(?P<single>[^']*)' | <(?P<unit>[^<>]*)>
    | (?P<mark>[=(){},]) | (?P<word>(?:-[ \t\r]*\n\s*|(?!/\*)[^\s=(){},;"'<>])+)""",
    re.S | re.X,
)
BROKEN = re.compile(r"-[ \t\r]*\n\s*")  # a word goes on in the next line
DEEPEST = 50  # groups in groups, lists in lists
PATIENCE = 20  # tokens taken and given back per character: pvl needs up to 6


class _Odd(Exception):
    """Something the fast reader leaves to pvl."""


class _Lost(BaseException):
    """pvl does not come to an end; no Exception, for pvl goes on after those."""


def read(stream, limit=1 << 26):
    """Return the label at the head of a binary stream and what was read beyond it.

    A stream that holds no End line is an I/O ERROR.
    """
    data = bytearray()  # grows in place, however long the label
    while True:
        chunk = stream.read(65536)
        start = max(0, len(data) - 16)
        data += chunk
        end = END.search(data, start)
        if end:
            return loads(data[: end.end()].decode("latin-1")), bytes(data[end.end() :])
        if not chunk or len(data) > limit:
            raise IoError(
                "no End line was found: this is no label" if data else "the input is empty"
            )


def loads(text):
    """Return the root Node of a label's text; a text that is no PVL is an Error."""
    try:
        return _parse(text)
    except (_Odd, IndexError):
        return _with_pvl(text)


def _tokens(text):
    tokens, at = [], 0
    for match in TOKEN.finditer(text):
        if match.start() != at:
            raise _Odd(text[at : at + 20])
        at = match.end()
        if match.lastgroup:
            tokens.append((match.lastgroup, match[match.lastgroup]))
    if at != len(text):
        raise _Odd(text[at : at + 20])
    return tokens


def _parse(text):
    tokens = _tokens(text)
    root = Node()
    stack, i = [root], 0

    def value(i, depth=0):
        if depth > DEEPEST:
            raise Error(f"the label has lists more than {DEEPEST} deep")
        kind, token = tokens[i]
        i += 1
        if kind == "mark" and token in "({":
            close = ("mark", ")" if token == "(" else "}")
            found = []
            while tokens[i] != close:
                item, i = value(i, depth + 1)
                found.append(item)
                if tokens[i] == ("mark", ","):
                    i += 1
                elif tokens[i] != close:
                    raise _Odd(tokens[i][1])
            found, i = (found if token == "(" else sorted(found, key=str)), i + 1
        elif kind == "word":
            found = word_of(BROKEN.sub("", token))
        elif kind in ("unit", "mark"):
            raise _Odd(token)
        elif "\n" in token:
            found = " ".join(BROKEN.sub("", token).split())
        else:
            found = token
        if i < len(tokens) and tokens[i][0] == "unit":
            found, i = Quantity(found, tokens[i][1].strip()), i + 1
        return found, i

    while i < len(tokens):
        kind, key = tokens[i]
        low, i = key.lower(), i + 1
        if kind != "word":
            raise _Odd(key)
        if low == "end":
            break
        if low in ("end_group", "end_object"):
            if len(stack) == 1 or stack[-1].kind.lower() != low[4:]:
                raise _Odd(key)
            node = stack.pop()
            if i < len(tokens) and tokens[i] == ("mark", "="):
                if str(tokens[i + 1][1]).lower() != node.name.lower():
                    raise _Odd(key)
                i += 2
            continue
        if tokens[i] != ("mark", "="):
            raise _Odd(key)
        found, i = value(i + 1)
        if low in ("group", "object", "begin_group", "begin_object"):
            if isinstance(found, list | Quantity):  # no name that could be written again
                raise _Odd(key)
            node = Node("Group" if low.endswith("group") else "Object", str(found))
            stack.append(stack[-1].append(node))
            if len(stack) > DEEPEST:
                raise Error(f"the label has groups more than {DEEPEST} deep")
        else:
            stack[-1].items.append((key, found))
    if len(stack) > 1:
        raise _Odd(f"{stack[-1]} is not closed")
    return root


class _Tokens:
    """pvl's tokens, as the generator that its parser takes them from, but not for ever.

    In some damaged labels it takes and gives back the same ones without end.  Counts are the same
    on any machine, as a time would not be.
    """

    def __init__(self, text, g, d):
        from pvl.lexer import lexer

        self.tokens, self.left = lexer(text, g=g, d=d), PATIENCE * (len(text) + 10)

    def _counted(self, act, *words):
        self.left -= 1
        if self.left < 0:
            raise _Lost
        return act(*words)

    def __iter__(self):
        return self

    def __next__(self):
        return self._counted(next, self.tokens)

    def send(self, token):
        return self._counted(self.tokens.send, token)

    def throw(self, *error):
        return self._counted(self.tokens.throw, *error)

    def close(self):
        self.tokens.close()


def _with_pvl(text):
    import datetime

    from pvl.collections import PVLGroup, PVLModule
    from pvl.collections import Quantity as Measured
    from pvl.decoder import OmniDecoder
    from pvl.grammar import OmniGrammar
    from pvl.parser import OmniParser

    class Decoder(OmniDecoder):
        def decode_datetime(self, value):
            super().decode_datetime(value)  # raises where it is none
            return str(value)

    def of(value):
        if isinstance(value, PVLModule | dict) or hasattr(value, "getall"):
            raise Error("a label holds a value this reader does not know")
        if isinstance(value, Measured):
            return Quantity(of(value.value), str(value.units))
        if isinstance(value, set | frozenset):
            return sorted((of(v) for v in value), key=str)
        if isinstance(value, list | tuple):
            return [of(v) for v in value]
        if isinstance(value, datetime.date | datetime.time):
            return value.isoformat()
        return value if value is None or isinstance(value, bool | int | float) else str(value)

    def node(source, kind="", name=""):
        made = Node(kind, name)
        for key, value in source.items():
            if hasattr(value, "getall"):
                made.append(node(value, "Group" if isinstance(value, PVLGroup) else "Object", key))
            else:
                made.items.append((key, of(value)))
        return made

    grammar = OmniGrammar()
    parser = OmniParser(grammar=grammar, decoder=Decoder(grammar=grammar), lexer_fn=_Tokens)
    try:
        return node(parser.parse(text))
    except _Lost:
        raise Error("the label is not PVL: its groups and values cannot be told apart") from None
    except Error:
        raise
    except Exception as error:  # pvl raises many kinds
        raise Error(f"the label is not PVL: {' '.join(str(error).split())[:160]}") from None
