// What the pages gain from a script; each of them works without it.
'use strict';

const one = (selector, from = document) => from.querySelector(selector);
const all = (selector, from = document) => [...from.querySelectorAll(selector)];

const LOCAL = {
  time: { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false },
  moment: {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hour12: false,
  },
  day: { day: 'numeric', month: 'short', year: 'numeric' },
};

/** Times in the reader's zone; the exact one stays in the title. */
function localTimes(from) {
  for (const element of all('time[data-local]', from)) {
    const moment = new Date(element.dateTime);
    const isToday = moment.toDateString() === new Date().toDateString();
    const form = element.dataset.local === 'time' && !isToday ? 'moment' : element.dataset.local;
    const options = LOCAL[form];
    if (options) element.textContent = new Intl.DateTimeFormat('en-GB', options).format(moment);
  }
}

function toast(text) {
  const list =
    one('.toasts') ??
    document.body.appendChild(Object.assign(document.createElement('div'), { className: 'toasts' }));
  const item = document.createElement('div');
  item.className = 'toast';
  item.setAttribute('role', 'status');
  item.append(Object.assign(document.createElement('p'), { textContent: text }));
  list.append(item);
  setTimeout(() => item.remove(), 4000);
}

function copyButtons(from) {
  for (const button of all('button[data-copy]', from)) button.hidden = !navigator.clipboard;
}

document.addEventListener('click', (event) => {
  const button = event.target.closest('button[data-copy]');
  if (button) {
    const source = one('code', button.parentElement);
    navigator.clipboard.writeText(source?.textContent ?? '').then(
      () => toast('Copied'),
      () => toast('The browser did not allow it: select the text and copy it'),
    );
  }
  for (const menu of all('.bar details[open]')) if (!menu.contains(event.target)) menu.open = false;
});

document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') for (const menu of all('.bar details[open]')) menu.open = false;
});

/** Replaces a part of the page by its newest state, unless somebody is reading or using it. */
async function refresh(part) {
  const isBusy =
    part.contains(document.activeElement) || part.matches(':hover') || one('details[open]', part);
  if (document.hidden || isBusy) return true;
  const answer = await fetch(location.href, { headers: { accept: 'text/html' }, redirect: 'error' });
  if (!answer.ok) return false;
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const fresh = page.getElementById(part.id);
  if (!fresh) return false;
  localTimes(fresh);
  part.replaceChildren(...fresh.childNodes);
  copyButtons(part);
  return true;
}

/** Reads the part again whenever the server says that there is something new; never twice at once. */
function keepFresh(part) {
  const live = one('[data-live]');
  const source = new EventSource(`/ui/live${location.search}`);
  let isReading = false;
  const say = (text, isWell) => {
    if (!live) return;
    live.hidden = false;
    live.classList.toggle('stopped', !isWell);
    if (live.textContent !== text) live.textContent = text;
  };
  const read = async () => {
    if (isReading) return;
    isReading = true;
    const isWell = await refresh(part).catch(() => false);
    isReading = false;
    say(isWell ? 'Live' : 'Not live: reload the page', isWell);
  };
  source.addEventListener('open', () => say('Live', true));
  source.addEventListener('calls', read);
  source.addEventListener('tick', read);
  source.addEventListener('error', () => {
    const isOver = source.readyState === EventSource.CLOSED;
    say(isOver ? 'Not live: reload the page' : 'Connecting again', false);
  });
  addEventListener('pagehide', () => source.close());
}

localTimes(document);
copyButtons(document);
for (const part of all('[data-live-part]')) keepFresh(part);
one('[data-focus]')?.focus();
