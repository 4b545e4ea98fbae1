// The fields of a webhook: where to, and what of.

import { el } from '../../widgets/dom.js';

/** @type {[kind: string, name: string, about: string][]} */
export const EVENTS = [
  ['comment.created', 'Comment taken', 'published, held or spam'],
  ['comment.decided', 'Comment decided', 'its status changes, whoever did it'],
  ['comment.reported', 'Comment reported', 'never by whom'],
  ['reader.sanctioned', 'Reader sanctioned', 'imposed or lifted'],
  ['desk.alarm', 'Alarm', 'begins, goes on or is over; see Notices'],
  ['desk.digest', 'Digest', 'the figures of the day or the week; see Notices'],
];

/** @param {string} kind */
export const nameOf = (kind) => EVENTS.find(([one]) => one === kind)?.[1] ?? (kind === 'ping' ? 'Ping' : kind);

/**
 * A form; what fails is said in it.
 * @param {string} verb on its button
 * @param {{ url: string, events: string[] }} given
 * @param {(given: { url: string, events: string[] }) => Promise<void>} done
 */
export function fields(verb, given, done) {
  const url = el('input', { type: 'url', name: 'url', required: true, maxlength: 2000, placeholder: 'https://hooks.news.example/comments', value: given.url, spellcheck: 'false', autocomplete: 'off' });
  const boxes = EVENTS.map(([kind, name, about]) => {
    const box = el('input', { type: 'checkbox', name: 'event', value: kind, checked: given.events.includes(kind) });
    return { box, node: el('label', { class: 'event' }, box, el('span', {}, el('b', {}, name), ' ', el('span', { class: 'quiet' }, about))) };
  });
  const problem = el('p', { class: 'alert', role: 'alert', hidden: true });
  const submit = el('button', { type: 'submit', class: 'act publish' }, verb);
  const node = el(
    'form',
    { class: 'webhook-fields' },
    el('label', { class: 'address' }, el('b', {}, 'Address'), url),
    el('fieldset', {}, el('legend', {}, 'Tell it when'), ...boxes.map((one) => one.node)),
    problem,
    submit,
  );
  const chosen = () => boxes.filter(({ box }) => box.checked).map(({ box }) => box.value);
  node.onchange = () => boxes[0].box.setCustomValidity(chosen().length ? '' : 'Choose at least one kind of event.');
  node.onsubmit = async (event) => {
    event.preventDefault();
    submit.disabled = true;
    problem.hidden = true;
    try {
      await done({ url: url.value.trim(), events: chosen() });
    } catch (error) {
      problem.textContent = error instanceof Error ? error.message.replace(/^\$\.(\w+): /, '') : String(error);
      problem.hidden = false;
    }
    submit.disabled = false;
  };
  return { node, clear: () => node.reset() };
}
