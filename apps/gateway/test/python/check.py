"""The same promises as for the JavaScript clients, kept for Python's `openai`.

Usage: check.py <base url> <virtual key> <sandbox url>; prints one JSON line per behaviour, exits 1 if one fails.
"""

import base64
import json
import struct
import sys
import time
import urllib.request

import openai

BASE, KEY, SANDBOX = sys.argv[1:4]
USER = {"role": "user", "content": "Tell me about rivers."}
TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    },
}
client = openai.OpenAI(base_url=BASE + "/v1", api_key=KEY, max_retries=0)
checks = []


def control(method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(SANDBOX + "/__sandbox" + path, data=data, method=method)
    request.add_header("content-type", "application/json")
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def truth(model):
    return control("GET", "/truth?model=" + model)[-1]


def behaviour(function):
    checks.append(function)
    return function


def error_of(work):
    try:
        work()
    except openai.OpenAIError as error:
        return error
    raise AssertionError("no error came")


@behaviour
def gets_an_answer_with_the_tokens_of_the_upstream():
    answer = client.chat.completions.create(model="gpt-4", messages=[USER])
    really = truth("qwen3-30b-a3b")
    assert answer.model == "gpt-4"
    assert answer.usage.prompt_tokens == really["promptTokens"]
    assert answer.usage.completion_tokens == really["emittedTokens"]


@behaviour
def streams_the_same_text_without_a_usage_chunk():
    whole = client.chat.completions.create(model="gpt-4", messages=[USER])
    chunks = list(client.chat.completions.create(model="gpt-4", messages=[USER], stream=True))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert text == whole.choices[0].message.content
    assert all(chunk.usage is None for chunk in chunks)


@behaviour
def sees_one_usage_chunk_when_it_asks():
    options = {"include_usage": True}
    chunks = list(client.chat.completions.create(model="gpt-4", messages=[USER], stream=True, stream_options=options))
    assert chunks[-1].choices == [] and chunks[-1].usage.completion_tokens > 0
    assert sum(1 for chunk in chunks if not chunk.choices) == 1


@behaviour
def calls_a_tool_streamed():
    question = {"role": "user", "content": "What is the weather in Paris?"}
    arguments = ""
    for chunk in client.chat.completions.create(model="gpt-4", messages=[question], tools=[TOOL], stream=True):
        for call in chunk.choices[0].delta.tool_calls or []:
            assert call.index == 0
            arguments += call.function.arguments or ""
    assert list(json.loads(arguments)) == ["city"]


@behaviour
def gets_json_by_a_schema():
    schema = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
    answer = client.chat.completions.create(
        model="gpt-4",
        messages=[USER],
        response_format={"type": "json_schema", "json_schema": {"name": "person", "schema": schema}},
    )
    assert list(json.loads(answer.choices[0].message.content)) == ["name"]


@behaviour
def embeds_packed_and_plain_to_the_same_vector():
    packed = client.embeddings.create(model="bge-m3", input=["one"])
    plain = client.embeddings.create(model="bge-m3", input=["one"], encoding_format="float")
    raw = client.embeddings.create(model="bge-m3", input=["one"], encoding_format="base64")
    assert len(packed.data[0].embedding) == 1024
    assert abs(packed.data[0].embedding[7] - plain.data[0].embedding[7]) < 1e-5
    (value,) = struct.unpack_from("<f", base64.b64decode(raw.data[0].embedding), 28)
    assert abs(value - plain.data[0].embedding[7]) < 1e-5


@behaviour
def lists_and_retrieves_models():
    ids = [model.id for model in client.models.list()]
    assert {"gpt-4", "gemma3-27b"} <= set(ids) and "*" not in ids
    assert client.models.retrieve("gpt-4").id == "gpt-4"


@behaviour
def takes_fields_that_nobody_knows():
    extra = {"top_k": 40, "chat_template_kwargs": {"enable_thinking": False}}
    client.chat.completions.create(model="gpt-4", messages=[USER], extra_body=extra)
    sent = json.loads(control("GET", "/requests/last")["body"])
    assert sent["top_k"] == 40 and sent["chat_template_kwargs"] == {"enable_thinking": False}


@behaviour
def reads_errors_by_class_and_code():
    wrong = openai.OpenAI(base_url=BASE + "/v1", api_key="sk-not-a-key-at-all-0123456789", max_retries=0)
    assert isinstance(error_of(lambda: wrong.models.list()), openai.AuthenticationError)
    error = error_of(lambda: client.chat.completions.create(model="fault/context", messages=[USER]))
    assert isinstance(error, openai.BadRequestError) and error.code == "context_length_exceeded"
    assert error.request_id
    assert isinstance(error_of(lambda: client.models.retrieve("no-such-model")), openai.NotFoundError)


@behaviour
def throws_when_a_stream_breaks():
    for fault in ["error-mid-3", "errorline-3", "rst-3", "fin-3"]:
        stream = client.chat.completions.create(model="fault/" + fault, messages=[USER], stream=True)
        assert error_of(lambda: list(stream))


@behaviour
def asks_again_after_429():
    control("POST", "/next", {"status": 429, "headers": {"Retry-After": "1"}, "match": {"path": "/v1/chat/completions"}})
    patient = client.with_options(max_retries=2)
    started = time.monotonic()
    assert patient.chat.completions.create(model="gpt-4", messages=[USER]).choices
    assert time.monotonic() - started > 0.9


@behaviour
def leaves_the_upstream_when_it_closes_a_stream():
    control("POST", "/settings", {"decodeMsPerToken": 20, "answerTokens": 500})
    stream = client.chat.completions.create(model="gpt-4", messages=[USER], stream=True)
    for count, _ in enumerate(stream):
        if count == 5:
            break
    stream.close()
    deadline = time.monotonic() + 5
    while truth("qwen3-30b-a3b")["closedBy"] is None and time.monotonic() < deadline:
        time.sleep(0.02)
    assert truth("qwen3-30b-a3b")["closedBy"] == "client"


failures = 0
for check in checks:
    control("POST", "/reset", {"settings": True})
    problem = None
    try:
        check()
    except Exception as error:  # the next behaviour is still worth knowing
        problem = f"{type(error).__name__}: {error}"
        failures += 1
    print(json.dumps({"behaviour": check.__name__.replace("_", " "), "pass": problem is None, "problem": problem}))
print(json.dumps({"openai": openai.__version__, "python": sys.version.split()[0], "failures": failures}))
sys.exit(1 if failures else 0)
