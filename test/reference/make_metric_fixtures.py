"""Scores of hand-made answers by the published Python code, for test/eval/metrics.test.ts.

    pip install rouge==1.0.1 rouge-score==0.1.2 fuzzywuzzy==0.18.0       # without python-Levenshtein, which fuzzywuzzy would use instead of difflib
    git clone https://github.com/OpenLMLab/LEval
    python test/reference/make_metric_fixtures.py LEval/Evaluation > test/fixtures/metrics.json
"""

import ast
import contextlib
import io
import json
import re
import string
import sys
from collections import Counter
from difflib import SequenceMatcher
from pathlib import Path
from types import SimpleNamespace

from fuzzywuzzy import fuzz
from rouge import Rouge
from rouge_score import rouge_scorer

PAIRS = [
    ("The cat sat on the mat.", "A cat sat on a mat"),
    ("", "something"),
    ("something", ""),
    (".", "a. b"),
    ("   ", "a b"),
    ("one. two three. four", "four. three two. one"),
    ("a a a a b", "a b b"),
    ("The answer, I think, is: 42!", "42"),
    ("It's a well-known fact (in 1999).", "it is a well known fact in 1999"),
    ("über die Brücke: naïve café", "ÜBER DIE BRÜCKE naive cafe"),
    ("北京 是 中国 的 首都", "中国的首都是北京"),
    ("an theatre a the an", "theatre"),
    ("x\ty\x0bz\x1cw  v\u00a0u", "x y z w v u"),
    ("the quick brown fox. jumps over the lazy dog. the end", "the lazy dog jumps. over the quick brown fox. the end"),
    ("line one\nline two\n\nline three", "line three\nline one\nline four"),
    ("return foo(bar, baz)", "return foo(baz, bar)"),
    ("    for index in range(10):", "for i in range(10):"),
    ("word " * 60, "word words " * 30),
    ("ab" * 150 + "c", "ba" * 120 + "d"),
    ("".join(chr(97 + i * i % 26) for i in range(260)), "".join(chr(97 + i * 7 % 26) for i in range(230))),
    ("the policy of the bank. was changed . by the board", "the board changed the policy. of the bank"),
    ("1,000 and 1000", "1000 and 1,000"),
]

EXACT = [("A", "A"), ("AB", "ABD"), ("ABD", "ABD"), ("C", "AB"), ("18", "18"), ("18.0", "18"), ("19", "18"), ("The Role of art in society.", "the role of Art in society"), ("", "A"), ("true", "true"), ("a lot", "A")]

CHOICES = ["A", "B) because", "The answer is C.", "", "  ", "AB", "ABD. It", "BA", "A, C and D", "A. one\nC. two", "Question: A", "none of these", "xyz D", "E", "a", "BCA Question B.", "I think A. and (B) too", "A\n\nB"]
GOLD = ["A", "(B) Their subconscious", "AC", "ABD extra", "xyz", "A, C"]
MATH = ["The answer is 18.", "The answer is $1,234.50 in all", "so we get 5 + 6 = 11 apples\n\nThen 12", "nothing here", "she has 3.5 left", "The answer is  none", "7", "costs $40. Yes 50% of"]
JUDGE = ["True [fact: False]", "it is false, I say [fact: true. indeed]", "maybe [fact: ]", "True. False [fact: untrue]"]


def functions(path, names, scope):
    """Functions of a Python file, without running the rest of it."""
    tree = ast.parse(path.read_text())
    body = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name in names]
    exec(compile(ast.Module(body, []), str(path), "exec"), scope)
    return SimpleNamespace(**{name: scope[name] for name in names})


def quietly(function, *args):
    with contextlib.redirect_stdout(io.StringIO()):
        return function(*args)


def union(answer, reference):
    # LongBench's metric gives 0 where the package fails.
    try:
        return Rouge().get_scores([answer], [reference], avg=True)["rouge-l"]["f"]
    except ValueError:
        return 0.0


def main(folder):
    f1 = functions(folder / "f1.py", ["normalize_answer", "f1_score"], {"re": re, "string": string, "Counter": Counter})
    em = functions(folder / "em.py", ["normalize_answer", "exact_match_score"], {"re": re, "string": string})
    scope = {"re": re, "args": SimpleNamespace(pred_file="")}
    names = ["process_output_mc", "process_gt_mc", "process_math", "process_gt_judge", "process_output_judge"]
    exam = functions(folder / "auto_eval.py", names, scope)
    scorer = rouge_scorer.RougeScorer(["rouge1", "rouge2", "rougeL", "rougeLsum"], use_stemmer=False)

    def choice(answer, several):
        scope["args"].pred_file = "coursera" if several else "tpo"
        return exam.process_output_mc(answer)

    def pair(answer, reference):
        rouge = {name: score.fmeasure for name, score in scorer.score(reference, answer).items()}
        return {
            "answer": answer,
            "reference": reference,
            "f1": f1.f1_score(answer, reference),
            **rouge,
            "unionRougeL": union(answer, reference),
            "sequenceRatio": SequenceMatcher(None, answer, reference).ratio(),
            "fuzz": fuzz.ratio(answer, reference),
        }

    result = {
        "pairs": [pair(*one) for one in PAIRS],
        "exact": [[a, b, quietly(em.exact_match_score, a, b)] for a, b in EXACT],
        "choices": [[a, choice(a, False), choice(a, True)] for a in CHOICES],
        "gold": [[a, exam.process_gt_mc(a)] for a in GOLD],
        "math": [[a, exam.process_math(a)] for a in MATH],
        "judged": [[a, exam.process_output_judge(a)] for a in JUDGE],
    }
    print(json.dumps(result, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
