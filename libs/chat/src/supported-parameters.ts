import { type Deployment } from '@app/call';

const COMMON = 'max_tokens max_completion_tokens temperature top_p stop stream stream_options user'.split(
  ' ',
);
const TOOLS = 'tools tool_choice parallel_tool_calls'.split(' ');
const REST =
  'frequency_penalty presence_penalty n seed logit_bias logprobs top_logprobs response_format reasoning_effort'.split(
    ' ',
  );

/** Parameters of OpenAI's chat that have a meaning at a deployment. */
export function supportedParameters(deployment: Deployment | undefined): readonly string[] {
  const tools = deployment?.supportsFunctionCalling === false ? [] : TOOLS;
  if (deployment?.provider === 'anthropic') return [...COMMON, ...tools];
  return [...COMMON, ...tools, ...REST];
}
