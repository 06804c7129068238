"""Scores of hand-made answers by the published Python code of task sets, for test/eval/task-metrics.test.ts.

    pip install rouge==1.0.1 rouge-score==0.1.2 fuzzywuzzy==0.18.0 jieba==0.42.1      # without python-Levenshtein
    git clone https://github.com/THUDM/LongBench        # and OpenBMB/InfiniteBench, NVIDIA/RULER, booydar/babilong, open-compass/opencompass
    python test/reference/make_task_fixtures.py FOLDER > test/fixtures/task-metrics.json       # FOLDER has these
"""

import ast
import importlib.util
import json
import re
import string
import sys
from collections import Counter
from pathlib import Path

import jieba
from rouge_score import rouge_scorer

from make_metric_fixtures import functions, quietly

WORDS = [
    "北京是中国的首都",
    "《红楼梦》的作者是曹雪芹。",
    "2023年1月1日，GPT-4 发布了！",
    "hello world 你好，C++ 和 3.14%",
    "  空格\t和\n换行  ",
    "老师每天早上骑自行车去学校，路上要过24座小桥和一家面包店",
    "a-4.5和AT&T_3以及x#12%",
    "02&45C++",
    "",
]
CHINESE = [
    ("北京是中国的首都。", "中国的首都是北京"),
    ("答案：2013-2014年", "2013年至2014年"),
    ("GPT-4发布了", "GPT4 发布"),
    ("", "北京"),
    ("。！", "，"),
    ("Hello, 世界", "hello世界"),
    ("会议讨论了预算。然后休会", "会议先讨论了预算和人员。最后休会。"),
]
CLASSES = [
    ("Location", "Location", ["Location", "Other location", "Date"]),
    ("Other location", "Other location", ["Other", "location", "Other location", "Date"]),
    ("abc", "abc", ["a", "b", "c", "ab", "bc", "abc"]),
    ("abcd", "abc", ["a", "b", "c", "d", "abc"]),
    ("Date or Location", "Date", ["Location", "Date"]),
    ("\n\nDate\nLocation", "Date", ["Location", "Date"]),
    ("none", "Date", ["Location", "Date"]),
]
COUNTS = [("12", "12"), ("12 of 30", "12"), ("twelve", "12"), ("012", "12"), ("Paragraph 12, 12, 3", "12"), ("٣", "3"), ("1.2", "1")]
PARAGRAPHS = [("Paragraph 12", "Paragraph 12"), ("12 or 13", "Paragraph 12"), ("one", "Paragraph 1"), ("Paragraph 1", "Paragraph 11")]
DUANLUO = [("段落12", "段落12"), ("12 13", "段落12"), ("第十二", "段落12")]
CODE = [
    ("\n\n    return foo(bar)\nmore", "    return foo(baz)"),
    ("# comment\n// other\n```\nx = 1", "x = 2"),
    ("`a`", "a"),
    ("", ""),
    ("abc", ""),
    ("abcdefgh", "a1234567"),
    ("ab", "ac" + "x" * 12),
    ("x" * 250 + "y", "y" + "x" * 240),
]
LINES = [("triviaqa", "\n\nParis\nPassage: more", "paris"), ("samsum", "Ann is late. Bob waits.\nDialogue:", "Bob waits. Ann is late"), ("samsum", "\n", "a"), ("triviaqa", "\n \nParis", "Paris")]
STATED = ["The correct answer is (B).", "**The correct answer is (C)**", "The correct answer is D", "the correct answer is A", "B", "The correct answer is (E) The correct answer is A", ""]

INFINITE = {
    "passkey": [("71432", "The key is 71432."), ("71432", "7 1432"), ("71432", ""), (["71432"], "71432"), ("71432", "0071432")],
    "number_string": [("1122334455", " 1122334455. Remember"), ("1122334455", "112233445")],
    "kv_retrieval": [("ab-12", 'value: "ab-12".'), ("ab-12", "ab-123"), ("ab-12", "{ab-12}"), ("ab-12", "")],
    "longbook_qa_eng": [(["The Cat", "dog"], "a dog and cat"), (["x"], ""), (["an apple"], "Apple!")],
    "longbook_qa_chn": [(["张三丰", "三丰"], "是张三丰。"), (["李四"], "Li Si"), (["a"], "")],
    "longbook_sum_eng": [(["one two.\nthree four", "five"], "three four\none two"), (["a b"], "")],
    "longbook_choice_eng": [
        (["Georgie", "A"], p)
        for p in ["A", "B", "A. x", "", "  A", "Georgie", "The answer is: A", "the answer is A.", "answer:A", "answer: Georgie!", "I think the answer is", "it is AB", "it is A", "perhaps B or A", "option is  C then A", "no", "\u001cA", "Because of A"]
    ],
    "longdialogue_qa_eng": [(["ACE", "ACE ROTHSTEIN"], p) for p in ["Ace.", "GREEN", "ACE ROTHSTEIN", "", "ace's", "PLACE"]],
    "math_find": [(88, p) for p in ["88", "it is 88.", "the 1st", "", "-88"]] + [(49.5, "49.5"), (49.5, "49"), ([7], "7"), (49.0, "49.0")],
    "math_calc": [([1, 3, -1, 8], "[1, 3, -1, 8]"), ([1, 3, 1, 8], "1 3 1 8"), ([1, 3], ""), ([[4, 5]], "4, 6"), ([1, 2, 3], "01 2")],
    "code_run": [(-4, p) for p in ["-4", "The return value is: -4.", "4", "", "x", "- 4", "-4 or so"]] + [(10, "+10"), (1000, "1_000"), ([3], "'3'"), (3, "3.0")],
    "code_debug": [
        (["repack", "B"], p)
        for p in ["B.", "B:", "B", "A. no", "The answer is: B", "answer is:repack", "The correct option is: B", "is: A is: B", "**Answer: B**", "answer:", "", "Option B. is: Option repack", "\n B. x"]
    ],
}

MATCHES = [("The Numbers are 12, 34.", ["12", "34", "56"]), ("abc DEF", ["def", "ABC"]), ("", ["a"]), ("123", ["2"])]
NEEDLES = [
    ("Kept in the tower of the north is an old Copper Bell.", "Copper Bell", "\nKept in the tower of the north is an old Copper Bell.\n"),
    ("Kept in the tower of the north is an old stone.", "Copper Bell", "\nKept in the tower of the north is an old Copper Bell.\n"),
    ("copper bell", "Copper Bell", "\nKept in the tower of the north is an old Copper Bell.\n"),
    ("", "x", "\nabc\n"),
    ("塔里有一只", "铜钟", "\n北方的塔里有一只旧铜钟😀\n"),
]
PARALLEL = [("Stone and Sword", ["Stone", "Sword", "Ring"]), ("", ["a"]), ("stone", ["Stone", "one"])]
FACTS = [
    ("qa1", "kitchen", "She is in the kitchen now.", "Where is Mary? "),
    ("qa1", "kitchen", "Kitchen or garden", "Where is Mary?"),
    ("qa1", "kitchen", "kitchen. Then the garden", "Where is Mary?"),
    ("qa1", "kitchen", "Where is Mary? kitchen <example> garden", "Where is Mary?"),
    ("qa3", "bathroom", "From the bathroom to the kitchen", "Where was the apple before the kitchen?"),
    ("qa8", "apple,milk", "milk and apple", "What is Mary carrying?"),
    ("qa8", "apple,milk", "milk", "What is Mary carrying?"),
    ("qa8", "nothing", "nothing", "What is Mary carrying?"),
    ("qa19", "s,e", "s,e", "How do you go from the kitchen to the garden?"),
    ("qa19", "s,e", "e,s", "How do you go from the kitchen to the garden?"),
    ("qa6", "no", "No", "Is Mary in the kitchen?"),
    ("qa6", "no", "not known", "Is Mary in the kitchen?"),
    ("qa5", "Mary", "mary", "Who gave the apple to Bill?"),
]


def module(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


class Rouge:
    """What `evaluate.load("rouge")` does with several references: the best of each score."""

    def compute(self, predictions, references, use_aggregator):
        scorer = rouge_scorer.RougeScorer(["rougeLsum"], use_stemmer=False)
        return {"rougeLsum": [scorer.score_multi(references[0], predictions[0])["rougeLsum"].fmeasure]}


def class_of(path, name, scope):
    tree = ast.parse(path.read_text())
    body = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name]
    exec(compile(ast.Module(body, []), str(path), "exec"), scope)
    return scope[name]()


def longbench(folder):
    metrics = module(folder / "LongBench/metrics.py")
    scores = functions(folder / "LongBench/eval.py", ["scorer"], {"dataset2metric": {
        "trec": metrics.classification_score, "triviaqa": metrics.qa_f1_score, "samsum": metrics.rouge_score}})
    extract = functions(folder / "pred.py", ["extract_answer"], {"re": re}).extract_answer
    return {
        "words": [[text, list(jieba.cut(text, cut_all=False))] for text in WORDS],
        "chinese": [[a, b, metrics.qa_f1_zh_score(a, b), metrics.rouge_zh_score(a, b)] for a, b in CHINESE],
        "classes": [[a, b, c, metrics.classification_score(a.lstrip("\n").split("\n")[0], b, all_classes=c)] for a, b, c in CLASSES],
        "counts": [[a, b, metrics.count_score(a, b)] for a, b in COUNTS],
        "paragraphs": [[a, b, metrics.retrieval_score(a, b)] for a, b in PARAGRAPHS],
        "duanluo": [[a, b, metrics.retrieval_zh_score(a, b)] for a, b in DUANLUO],
        "code": [[a, b, metrics.code_sim_score(a, b)] for a, b in CODE],
        "lines": [[task, a, b, scores.scorer(task, [a], [[b]], [])] for task, a, b in LINES],
        "stated": [[a, extract(a)] for a in STATED],
    }


def infinitebench(folder):
    path = folder / "src/compute_scores.py"
    names = [node.name for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)]
    scope = {"re": re, "string": string, "Counter": Counter, "ROUGE_SCORER": Rouge(), "Path": Path, "json": json}
    published = functions(path, names, scope)
    return [[task, label, answer, published.get_score_one(answer, label, task, "")] for task, rows in INFINITE.items() for label, answer in rows]


def main(folder):
    ruler = module(folder / "RULER/scripts/eval/synthetic/constants.py")
    needlebench = folder / "opencompass/opencompass/datasets/needlebench"
    single = class_of(needlebench / "origin.py", "NeedleBenchOriginEvaluator", {"BaseEvaluator": object, "re": re})
    parallel = class_of(needlebench / "parallel.py", "NeedleBenchParallelEvaluator", {"BaseEvaluator": object})
    babilong = module(folder / "babilong/babilong/metrics.py")
    result = {
        "longbench": longbench(folder / "LongBench"),
        "infinitebench": infinitebench(folder / "InfiniteBench"),
        "ruler": [[a, r, ruler.string_match_all([a], [r]), ruler.string_match_part([a], [r])] for a, r in MATCHES],
        "needles": [[a, k, n, quietly(single.score, [a], [n + "*" + k])["score"]] for a, k, n in NEEDLES],
        "parallel": [[a, k, quietly(parallel.score, [a], ["*".join(k) + "#" + "*".join(str(i) for i in range(len(k)))])["average_score"]] for a, k in PARALLEL],
        "facts": [[t, target, a, q, babilong.compare_answers(target, a, q, babilong.TASK_LABELS[t])] for t, target, a, q in FACTS],
    }
    print(json.dumps(result, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
