"""The same promises as for the JavaScript clients, kept for Python's `openai`.

Usage: check.py <base url> <virtual key> <llama-swap's stand-in> <openedai-speech's>; prints one JSON line per behaviour, exits 1 if one fails.
"""

import base64
import io
import json
import struct
import sys
import time
import urllib.request
import wave

import openai

BASE, KEY, SANDBOX, SPEECH = sys.argv[1:5]
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


def control(method, path, body=None, at=SANDBOX):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(at + "/__sandbox" + path, data=data, method=method)
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


SPOKEN = "Hello, this is a test of the speech that clients ask for."
SECONDS_PER_CHARACTER = 0.06


def recording(text, seconds=3):
    """A WAV file of 16 kHz that the sandbox hears as `text`."""
    samples = bytearray(seconds * 32_000)
    mark = f"TEXT:<{text}>".encode()
    samples[100 : 100 + len(mark)] = mark
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(bytes(samples))
    return ("audio.wav", out.getvalue())


def heard(**fields):
    return client.audio.transcriptions.create(
        model="whisper-1", file=recording("the quick brown fox"), **fields
    )


@behaviour
def speaks_mp3_where_no_format_is_named_and_pcm_of_the_right_length():
    plain = client.audio.speech.create(model="tts-1", voice="alloy", input=SPOKEN)
    assert plain.response.headers["content-type"] == "audio/mpeg"
    assert plain.content[:3] == b"ID3" or (plain.content[0] == 0xFF and plain.content[1] >= 0xE0)
    raw = client.audio.speech.create(model="tts-1", voice="nova", input=SPOKEN, response_format="pcm")
    assert abs(len(raw.content) / 2 / 22_050 - len(SPOKEN) * SECONDS_PER_CHARACTER) < 0.05


@behaviour
def reads_speech_as_it_is_spoken():
    control("POST", "/settings", {"msPerPiece": 50}, at=SPEECH)
    fields = {"model": "tts-1", "voice": "nova", "input": SPOKEN, "response_format": "pcm"}
    started = time.monotonic()
    first = None
    length = 0
    with client.audio.speech.with_streaming_response.create(**fields) as answer:
        for piece in answer.iter_bytes():
            first = first or time.monotonic() - started
            length += len(piece)
    whole = time.monotonic() - started
    assert abs(length / 2 / 22_050 - len(SPOKEN) * SECONDS_PER_CHARACTER) < 0.05
    assert first < whole / 2, f"first byte after {first:.3f} s of {whole:.3f} s"


@behaviour
def hears_a_recording_in_every_format():
    words = "the quick brown fox"
    assert heard().text == words
    assert heard(response_format="json").text == words
    assert words in heard(response_format="text")
    assert heard(response_format="srt").startswith("1\n00:00:00,000 --> ")
    assert heard(response_format="vtt").startswith("WEBVTT")
    verbose = heard(response_format="verbose_json", timestamp_granularities=["word", "segment"])
    assert abs(float(verbose.duration) - 3) < 0.1
    assert len(verbose.segments) > 0 and len(verbose.words) == 4


@behaviour
def hears_a_recording_as_a_stream_of_events():
    events = list(heard(stream=True))
    text = "".join(event.delta for event in events if event.type == "transcript.text.delta")
    assert text and events[-1].type == "transcript.text.done" and events[-1].text == text


failures = 0
for check in checks:
    for place in [SANDBOX, SPEECH]:
        control("POST", "/reset", {"settings": True}, at=place)
    problem = None
    try:
        check()
    except Exception as error:  # the next behaviour is still worth knowing
        problem = f"{type(error).__name__}: {error}"
        failures += 1
    print(json.dumps({"behaviour": check.__name__.replace("_", " "), "pass": problem is None, "problem": problem}))
print(json.dumps({"openai": openai.__version__, "python": sys.version.split()[0], "failures": failures}))
sys.exit(1 if failures else 0)
