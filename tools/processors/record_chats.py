"""Record what transformers makes of chats, for the unit tests of the Rust chat templates.

    python record_chats.py ../../skillset-runtime/src/processors/chat/testdata/chats.json
"""

import datetime
import json
import pathlib
import sys

from transformers.utils import chat_template_utils
from transformers.utils.chat_template_utils import render_jinja_template

NOW = 1_709_210_096  # 2024-02-29 12:34:56 UTC


class Clock(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(NOW, datetime.timezone.utc)


TEMPLATES = {
    "chatml": """{% for message in messages %}
{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] | trim + '<|im_end|>' + '\\n' }}
{%- endfor %}
{% if add_generation_prompt %}
{{ '<|im_start|>assistant\\n' }}
{%- endif %}""",
    "llama": """{{- bos_token }}
{%- if not date_string is defined %}
    {%- set date_string = strftime_now("%d %b %Y") %}
{%- endif %}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content'].strip() %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system_message = "" %}
{%- endif %}
{{- "<|start_header_id|>system<|end_header_id|>\\n\\nToday Date: " + date_string + "\\n\\n" + system_message + "<|eot_id|>" }}
{%- if tools is not none %}
    {%- for t in tools %}
        {{- t | tojson(indent=4) }}
        {{- "\\n\\n" }}
    {%- endfor %}
{%- endif %}
{%- for message in messages %}
    {%- if 'tool_calls' in message %}
        {%- if message.tool_calls | length != 1 %}
            {{- raise_exception("only single tool-calls are supported") }}
        {%- endif %}
        {%- set call = message.tool_calls[0].function %}
        {{- '{"name": "' + call.name + '", "parameters": ' }}{{- call.arguments | tojson }}{{- "}" }}
    {%- else %}
        {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' + message['content'] | trim + '<|eot_id|>' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
{%- endif %}
""",
    "mistral": """{%- set loop_messages = messages[1:] if messages[0]["role"] == "system" else messages -%}
{%- set ns = namespace(index=0, last=-1) -%}
{%- for message in loop_messages -%}
    {%- if message.role == "user" -%}{%- set ns.last = loop.index0 -%}{%- endif -%}
    {%- if (message["role"] == "user") != (ns.index % 2 == 0) -%}
        {{- raise_exception("roles must alternate user/assistant/user/assistant/...") -}}
    {%- endif -%}
    {%- set ns.index = ns.index + 1 -%}
{%- endfor -%}
{{- bos_token -}}
{%- for message in loop_messages -%}
    {%- if message["role"] == "user" -%}
        {{- "[INST] " -}}
        {%- if loop.index0 == ns.last and messages[0].role == "system" -%}{{- messages[0].content ~ "\\n\\n" -}}{%- endif -%}
        {{- message["content"] + "[/INST]" -}}
    {%- elif message["content"] is string -%}
        {{- " " ~ message["content"].rstrip() ~ eos_token -}}
    {%- else -%}
        {%- for block in message["content"] if block.type == "text" -%}{{- block.text -}}{%- endfor -%}
    {%- endif -%}
{%- endfor -%}
""",
    "generation": """{% for m in messages %}
    {% if m.role == 'assistant' %}
        {%- generation -%}
        {{ m.content }}{{ eos_token }}
        {%- endgeneration -%}
    {% else %}
<{{ m.role }}>{{ m.content.split('x')[0] }}
        {% continue %}
    {% endif %}
    {% if loop.last %}{% break %}{% endif %}
{% endfor %}
""",
    "values": """{{ none }} {{ true }} {{ 1.5 }} {{ [1, 'a', none, true] }} {{ {'k': 'v'} }} {{ missing }}|
{{ messages | tojson }} {{ messages[0] | tojson(sort_keys=true, separators=(',', ':')) }}
{{ {'a': '<é&>', 'b': [], 'c': {}} | tojson(indent=2) }} {{ 'é😀' | tojson(ensure_ascii=true) }}
{{ messages | selectattr('role', 'equalto', 'user') | map(attribute='content') | join('/') }}
{{ messages[-1].content.startswith('a') }} {{ 'a,b'.split(',') | list | last | upper }} {{ dict(a=1).items() | list }}
{{ strftime_now('%Y-%m-%d %H:%M:%S %A %B %j %I %p %y %a %%') }} {{ 'x' in 'xyz' and 3 // 2 == 1 }}
{%- macro twice(x) %}{{ x }}{{ x }}{% endmacro %}{{ twice('ab') }} {{ range(3) | list }} {{ "%s-%d" | format("a", 3) }}
{{ messages | length }} {{ messages[0].get('role', 'none') }} {{ messages[0].missing is defined }}""",
}
USER = {"role": "user", "content": " Hello, wörld! "}
ASSISTANT = {"role": "assistant", "content": "Hi there. ", "tool_calls": None}
SYSTEM = {"role": "system", "content": "  Be brief.\n"}
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}, "description": "it's <b>"}}
CALL = {"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": {"x": 1, "y": ["é"]}}}]}
BLOCKS = {"role": "assistant", "content": [{"type": "image"}, {"type": "text", "text": "a picture"}]}

CASES = [
    ("chatml", [SYSTEM, USER], {"add_generation_prompt": True}),
    ("chatml", [USER, ASSISTANT], {}),
    ("chatml", [USER, ASSISTANT], {"continue_final_message": True}),
    ("llama", [SYSTEM, USER], {"add_generation_prompt": True}),
    ("llama", [USER, CALL], {"tools": [TOOL], "add_generation_prompt": True}),
    ("mistral", [SYSTEM, USER, ASSISTANT, USER], {}),
    ("mistral", [USER, BLOCKS], {}),
    ("mistral", [USER, {"role": "assistant", "content": "So"}], {"continue_final_message": True}),
    ("generation", [USER, {"role": "user", "content": "axb"}, ASSISTANT], {}),
    ("values", [USER, ASSISTANT], {}),
]


def main():
    chat_template_utils.datetime = Clock
    cases = []
    for name, messages, options in CASES:
        source = TEMPLATES[name]
        plain = [{key: value for key, value in message.items() if value is not None} for message in messages]
        out, _ = render_jinja_template([plain], chat_template=source, bos_token="<s>", eos_token="</s>", **options)
        cases.append({"template": source, "messages": messages, "options": options, "output": out[0]})
    out = {"now": NOW, "cases": cases}
    path = pathlib.Path(sys.argv[1])
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(out, indent=1, ensure_ascii=False) + "\n")


main()
