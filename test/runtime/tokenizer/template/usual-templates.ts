/** Chat templates as published models carry them, shortened to what is their own: how they look at, cut and join what is said. */
export const usualTemplates: Readonly<Record<string, string>> = {
  chatml:
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}" +
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}",
  llama3:
    "{% set loop_messages = messages %}{% for message in loop_messages %}{% set content = '<|start_header_id|>' + message['role'] + " +
    "'<|end_header_id|>\n\n'+ message['content'] | trim + '<|eot_id|>' %}{% if loop.index0 == 0 %}{% set content = bos_token + content %}" +
    "{% endif %}{{ content }}{% endfor %}{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}",
  "llama3.1, with tools and a date":
    "{{- bos_token }}{%- if not date_string is defined %}{%- if strftime_now is defined %}{%- set date_string = strftime_now('%Y') %}" +
    "{%- endif %}{%- endif %}{%- if messages[0]['role'] == 'system' %}{%- set system_message = messages[0]['content']|trim %}" +
    "{%- set messages = messages[1:] %}{%- else %}{%- set system_message = '' %}{%- endif %}<|start_header_id|>system<|end_header_id|>\n\n" +
    "{{- 'Today Date: ' + date_string + '\n\n' }}{{- system_message }}<|eot_id|>{%- for message in messages %}" +
    "{%- if not (message.role == 'ipython' or message.role == 'tool' or 'tool_calls' in message) %}" +
    "{{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n'+ message['content'] | trim + '<|eot_id|>' }}" +
    "{%- elif message.role == 'tool' %}{{- '<|start_header_id|>ipython<|end_header_id|>\n\n' }}{%- if message.content is mapping or " +
    "message.content is iterable %}{{- message.content | tojson }}{%- else %}{{- message.content }}{%- endif %}{{- '<|eot_id|>' }}" +
    "{%- endif %}{%- endfor %}",
  qwen3:
    "{%- if messages[0].role == 'system' %}{{- '<|im_start|>system\\n' + messages[0].content + '<|im_end|>\\n' }}{%- endif %}" +
    "{%- set ns = namespace(multi_step_tool=true, last_query_index=messages|length - 1) %}{%- for message in messages[::-1] %}" +
    "{%- set index = (messages|length - 1) - loop.index0 %}{%- if ns.multi_step_tool and message.role == 'user' and message.content is string " +
    "and not(message.content.startswith('<tool_response>') and message.content.endswith('</tool_response>')) %}" +
    "{%- set ns.multi_step_tool = false %}{%- set ns.last_query_index = index %}{%- endif %}{%- endfor %}{%- for message in messages %}" +
    "{%- if message.content is string %}{%- set content = message.content %}{%- else %}{%- set content = '' %}{%- endif %}" +
    "{%- if (message.role == 'user') or (message.role == 'system' and not loop.first) %}" +
    "{{- '<|im_start|>' + message.role + '\\n' + content + '<|im_end|>' + '\\n' }}{%- elif message.role == 'assistant' %}" +
    "{%- set reasoning_content = '' %}{%- if '</think>' in content %}" +
    "{%- set reasoning_content = content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') %}" +
    "{%- set content = content.split('</think>')[-1].lstrip('\\n') %}{%- endif %}{%- if loop.index0 > ns.last_query_index %}" +
    "{{- '<|im_start|>' + message.role + '\\n<think>\\n' + reasoning_content.strip('\\n') + '\\n</think>\\n\\n' + content.lstrip('\\n') }}" +
    "{%- else %}{{- '<|im_start|>' + message.role + '\\n' + content }}{%- endif %}{{- '<|im_end|>\\n' }}" +
    "{%- elif message.role == 'tool' %}{%- if loop.first or (messages[loop.index0 - 1].role != 'tool') %}{{- '<|im_start|>user' }}{%- endif %}" +
    "{{- '\\n<tool_response>\\n' }}{{- content }}{{- '\\n</tool_response>' }}{{- '<|im_end|>\\n' }}{%- endif %}{%- endfor %}",
  mistral:
    "{{ bos_token }}{% for message in messages %}{% if message['role'] == 'user' %}{{ '[INST] ' + message['content'] + ' [/INST]' }}" +
    "{% elif message['role'] == 'assistant' %}{{ message['content'] + eos_token}}{% endif %}{% endfor %}",
  gemma:
    "{{ bos_token }}{% for message in messages %}{% if (message['role'] == 'assistant') %}{% set role = 'model' %}{% else %}" +
    "{% set role = message['role'] %}{% endif %}{{ '<start_of_turn>' + role + '\n' + message['content'] | trim + '<end_of_turn>\n' }}{% endfor %}",
  "phi4-mini, which puts roles into its tokens":
    "{% for message in messages %}{{ '<|' + message['role'] + '|>' + message['content'] + '<|end|>' }}{% endfor %}<|assistant|>",
  deepseek:
    "{{ bos_token }}{% for message in messages %}{% if message['role'] == 'user' %}{{ '<｜User｜>' + message['content'] }}" +
    "{% elif message['role'] == 'assistant' %}{% set content = message['content'] %}{% if '</think>' in content %}" +
    "{% set content = content.split('</think>')[-1] %}{% endif %}{{ '<｜Assistant｜>' + content + '<｜end▁of▁sentence｜>' }}{% endif %}{% endfor %}",
  "a macro, its result trimmed and looked at":
    "{% macro said(content) %}{{ content }}{% endmacro %}{% for message in messages %}{% set content = said(message.content)|trim %}" +
    "{% if content.startswith('<tool_response>') %}tool{% endif %}<|im_start|>{{ message.role | upper }}: {{ content | replace('cat', 'dog') }}" +
    "{{ content | title }}{{ content | capitalize }}{{ content | length }}{{ content | int }}{{ content == 'Hi' }}" +
    "{{ content.split() | join('-') }}{{ content[1:] }}{{ content[0] }}{{ {'Hi': 'greeting'}[content] }}{{ content | tojson(ensure_ascii=true) }}" +
    "<|im_end|>{% endfor %}",
};

export const usualControl = [
  "<s>",
  "</s>",
  ..."im_start im_end start_header_id end_header_id eot_id end system user assistant tool"
    .split(" ")
    .map((name) => `<|${name}|>`),
  "[INST]",
  "[/INST]",
  "<start_of_turn>",
  "<end_of_turn>",
  "<｜User｜>",
  "<｜Assistant｜>",
  "<｜end▁of▁sentence｜>",
];
