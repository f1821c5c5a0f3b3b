// The playground with a script: streamed answers side by side, speech that plays, recordings that are written down.
'use strict';
{
  const find = (selector, from = document) => from.querySelector(selector);
  const findAll = (selector, from = document) => [...from.querySelectorAll(selector)];
  const MAX_TALKS = 4;

  const seconds = (ms) => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`);
  const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

  function element(name, className, text) {
    return Object.assign(document.createElement(name), { className, textContent: text });
  }

  /** What another site would have to guess. */
  const tokenOf = (form) => ({ 'x-csrf-token': form.elements.csrf.value });

  async function send(form, path, { body, type, signal }) {
    const headers = { ...tokenOf(form), ...(type && { 'content-type': type }) };
    const answer = await fetch(path, { method: 'POST', headers, body, signal, redirect: 'error' });
    if (answer.ok) return answer;
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    throw new Error(find('.prose p', page)?.textContent ?? `It failed with ${answer.status}.`);
  }

  function showCurl(form, lines) {
    const box = find('[data-sent]', form);
    box.hidden = false;
    find('code', box).textContent = lines.join(' \\\n  ');
  }

  const jsonCurl = (form, path, body) => [
    `curl -s ${form.dataset.address}${path}`,
    '-H "Authorization: Bearer $API_KEY"',
    '-H "Content-Type: application/json"',
    `-d ${quoted(JSON.stringify(body))}`,
  ];

  // ------------------------------------------------------------------ chat

  /** What each talk has said so far; models remember nothing. */
  const histories = new WeakMap();

  function addMessage(list, role, text) {
    const item = element('div', role === 'You' ? 'msg me' : 'msg', '');
    const words = element('p', 'words', text);
    item.append(element('span', 'role', role), words);
    list.append(item);
    return words;
  }

  function chatBody(form, talk, message) {
    const { system, temperature, max_tokens: longest, search } = form.elements;
    const heat = Number(temperature.value);
    const most = Number(longest.value);
    return {
      model: find('select', talk).value,
      stream: true,
      messages: [
        ...(system.value.trim() === '' ? [] : [{ role: 'system', content: system.value }]),
        ...(histories.get(talk) ?? []),
        { role: 'user', content: message },
      ],
      ...(temperature.value.trim() !== '' && Number.isFinite(heat) && { temperature: heat }),
      ...(Number.isInteger(most) && most > 0 && { max_tokens: most }),
      ...(search?.checked && { tools: [{ type: 'function', function: { name: form.dataset.search } }] }),
    };
  }

  async function* eventsOf(answer) {
    let rest = '';
    for await (const text of answer.body.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split('\n');
      rest = lines.pop();
      for (const line of lines.map((one) => one.trim())) {
        if (line.startsWith('data: ') && line !== 'data: [DONE]') yield JSON.parse(line.slice(6));
      }
    }
  }

  /** Streams the answer into the talk; resolves with its words. */
  async function streamInto(form, talk, { body, words, signal }) {
    const begun = performance.now();
    const took = find('[data-took]', talk);
    let firstMs = null;
    let pieces = 0;
    const answer = await send(form, form.dataset.chat, {
      body: JSON.stringify(body),
      type: 'application/json',
      signal,
    });
    for await (const event of eventsOf(answer)) {
      if (event.error) throw new Error(event.error.message);
      const delta = event.choices?.[0]?.delta ?? {};
      const text = delta.content ?? '';
      if (text === '') continue;
      firstMs ??= performance.now() - begun;
      pieces += 1;
      words.textContent += text;
    }
    const wholeMs = performance.now() - begun;
    took.hidden = false;
    took.textContent =
      firstMs === null
        ? `No words came, after ${seconds(wholeMs)}`
        : `First word after ${seconds(firstMs)}, ${pieces} pieces in ${seconds(wholeMs)}`;
    return words.textContent;
  }

  async function ask(form, talk, { message, signal }) {
    const list = find('[data-messages]', talk);
    const body = chatBody(form, talk, message);
    find('[data-hint]', list)?.remove();
    addMessage(list, 'You', message);
    const words = addMessage(list, body.model, '');
    if (talk === find('.talk', form)) showCurl(form, jsonCurl(form, '/v1/chat/completions', body));
    try {
      const said = await streamInto(form, talk, { body, words, signal });
      const history = histories.get(talk) ?? [];
      history.push({ role: 'user', content: message }, { role: 'assistant', content: said });
      histories.set(talk, history);
    } catch (error) {
      words.textContent += signal.aborted ? ' (stopped)' : ` ${error.message}`;
    }
  }

  function addTalk(form, link) {
    const talks = findAll('.talk', form);
    const talk = talks[0].cloneNode(true);
    const select = find('select', talk);
    const taken = talks.map((one) => find('select', one).value);
    select.value =
      [...select.options].map(({ value }) => value).find((value) => !taken.includes(value)) ?? select.value;
    find('[data-messages]', talk).replaceChildren();
    find('[data-took]', talk).hidden = true;
    if (!find('[data-remove]', talk)) {
      const remove = element('button', 'btn quiet small', 'Remove');
      remove.type = 'button';
      remove.dataset.remove = '';
      find('header', talk).append(remove);
    }
    find('[data-talks]', form).append(talk);
    named(talk);
    select.addEventListener('change', () => named(talk));
    if (talks.length + 1 >= MAX_TALKS) link.hidden = true;
    select.focus();
  }

  const named = (talk) => talk.setAttribute('aria-label', `Answer of ${find('select', talk).value}`);

  function chat(form) {
    const [stop, clear] = [find('[data-stop]', form), find('[data-clear]', form)];
    const { message } = form.elements;
    for (const talk of findAll('.talk', form)) talk.addEventListener('change', () => named(talk));
    clear.hidden = false;
    clear.onclick = () => {
      for (const talk of findAll('.talk', form)) {
        histories.delete(talk);
        find('[data-messages]', talk).replaceChildren();
      }
    };
    form.addEventListener('click', (event) => {
      const more = event.target.closest('[data-more]');
      const remove = event.target.closest('[data-remove]');
      if (!more && !remove) return;
      event.preventDefault();
      if (more) addTalk(form, more);
      else if (findAll('.talk', form).length > 1) remove.closest('.talk').remove();
    });
    form.addEventListener('submit', async (event) => {
      event.preventDefault();
      const control = new AbortController();
      const text = message.value;
      stop.onclick = () => control.abort();
      stop.hidden = false;
      message.value = '';
      const talks = findAll('.talk', form);
      await Promise.all(talks.map((talk) => ask(form, talk, { message: text, signal: control.signal })));
      stop.hidden = true;
      message.focus();
    });
    message.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) form.requestSubmit();
    });
  }

  // ----------------------------------------------------------------- audio

  /** Runs `work` once at a time; what goes wrong stands where it can be read. */
  function onSubmit(form, work) {
    const problem = find('[data-problem]', form);
    const button = find('button.primary', form);
    form.addEventListener('submit', async (event) => {
      event.preventDefault();
      button.disabled = true;
      problem.hidden = true;
      try {
        await work();
      } catch (error) {
        find('p', problem).textContent = error.message;
        problem.hidden = false;
      }
      button.disabled = false;
    });
  }

  function speechBody(form) {
    const { model, voice, input, speed, response_format: format } = form.elements;
    const pace = Number(speed.value);
    return {
      model: model.value,
      input: input.value,
      voice: voice.value,
      response_format: format.value,
      ...(speed.value.trim() !== '' && Number.isFinite(pace) && { speed: pace }),
    };
  }

  function speech(form) {
    const [audio, save, took] = ['[data-audio]', '[data-save]', '[data-took]'].map((one) => find(one, form));
    const show = () =>
      showCurl(form, [
        ...jsonCurl(form, '/v1/audio/speech', speechBody(form)),
        `-o speech.${form.elements.response_format.value}`,
      ]);
    show();
    form.addEventListener('input', show);
    onSubmit(form, async () => {
      const body = speechBody(form);
      const begun = performance.now();
      const answer = await send(form, form.dataset.speech, {
        body: JSON.stringify(body),
        type: 'application/json',
      });
      const sound = await answer.blob();
      URL.revokeObjectURL(audio.src);
      audio.src = URL.createObjectURL(sound);
      save.href = audio.src;
      save.download = `speech.${body.response_format}`;
      took.textContent = `${(sound.size / 1024).toFixed(0)} KB in ${seconds(performance.now() - begun)}`;
      find('[data-result]', form).hidden = false;
      await audio.play().catch(() => undefined);
    });
  }

  function recorder(form, audio, give) {
    const button = find('[data-record]', form);
    if (!navigator.mediaDevices || !('MediaRecorder' in window)) return;
    button.hidden = false;
    let running = null;
    button.addEventListener('click', async () => {
      if (running) {
        running.stop();
        return;
      }
      const took = find('[data-took]', form);
      try {
        const sound = await navigator.mediaDevices.getUserMedia({ audio: true });
        const pieces = [];
        running = new MediaRecorder(sound);
        running.ondataavailable = ({ data }) => pieces.push(data);
        running.onstop = () => {
          for (const track of sound.getTracks()) track.stop();
          const type = running.mimeType.split(';')[0];
          give(new File(pieces, `recording.${type.split('/')[1]}`, { type }));
          find('span', button).textContent = 'Record';
          running = null;
        };
        running.start();
        find('span', button).textContent = 'Stop recording';
        took.textContent = 'Recording';
      } catch {
        took.textContent = 'The browser gave no microphone. Upload a file.';
      }
    });
    audio.hidden = true;
  }

  function transcription(form) {
    const { file, model, language, response_format: format } = form.elements;
    const [audio, took] = [find('[data-audio]', form), find('[data-took]', form)];
    let sound = null;
    const fields = () => [
      ['model', model.value],
      ['response_format', format.value],
      ...(language.value.trim() === '' ? [] : [['language', language.value.trim()]]),
    ];
    const show = () =>
      showCurl(form, [
        `curl -s ${form.dataset.address}/v1/audio/transcriptions`,
        '-H "Authorization: Bearer $API_KEY"',
        ...fields().map(([name, value]) => `-F ${quoted(`${name}=${value}`)}`),
        `-F ${quoted(`file=@${sound?.name ?? 'recording.webm'}`)}`,
      ]);
    const take = (one) => {
      sound = one;
      URL.revokeObjectURL(audio.src);
      audio.src = URL.createObjectURL(one);
      audio.hidden = false;
      file.required = false;
      took.textContent = `${one.name}, ${(one.size / 1024).toFixed(0)} KB`;
      show();
    };
    file.addEventListener('change', () => file.files[0] && take(file.files[0]));
    recorder(form, audio, take);
    show();
    form.addEventListener('input', show);
    onSubmit(form, async () => {
      if (!sound) throw new Error('Choose a file or record something first.');
      const body = new FormData();
      for (const [name, value] of fields()) body.append(name, value);
      body.append('file', sound, sound.name);
      const begun = performance.now();
      const answer = await send(form, form.dataset.transcription, { body });
      const text = await answer.text();
      const shown = format.value === 'json' ? JSON.parse(text).text : text;
      find('[data-text]', form).textContent = shown;
      find('[data-result]', form).hidden = false;
      took.textContent = `${sound.name}, written down in ${seconds(performance.now() - begun)}`;
    });
  }

  for (const form of findAll('form[data-chat]')) chat(form);
  for (const form of findAll('form[data-speech]')) speech(form);
  for (const form of findAll('form[data-transcription]')) transcription(form);
}
