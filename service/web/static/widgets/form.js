// The form: a new comment, a reply in place, or a change to an own comment.

import { kept } from './api.js';
import { button, el, follow } from './dom.js';

/** @typedef {import('./types.js').Comment} Comment */

const SENDER = /** @type {const} */ (['name', 'email', 'website']);
let forms = 0;

/**
 * @param {import('./comments.js').Comments} thread
 * @param {{ parent?: Comment, edit?: Comment }} purpose
 */
export function replyForm(thread, { parent, edit }) {
  const { w } = thread;
  const W = w.comments;
  const id = `f${++forms}`;
  const main = !parent && !edit;
  const draftKey = `draft:${thread.site}:${thread.article}:${edit ? `edit-${edit.id}` : (parent?.id ?? '')}`;
  const alert = el('p', { class: 'alert', role: 'alert', hidden: true });
  const left = el('span', { class: 'left', role: 'status' });
  const send = el('button', { type: 'submit', class: 'send', part: 'button submit' }, edit ? W.save : W.send);
  /** @type {Record<string, HTMLInputElement | HTMLTextAreaElement>} */
  const inputs = {};
  /** @type {Record<string, HTMLElement>} */
  const lines = {};

  /**
   * @param {'body' | typeof SENDER[number]} name
   * @param {'textarea' | 'input'} tag
   * @param {Record<string, unknown>} props
   */
  const field = (name, tag, props) => {
    const of = `${id}-${name}`;
    const input = el(tag, { id: of, name, part: 'input', 'aria-describedby': `${of}-error`, ...props });
    inputs[name] = input;
    lines[name] = el('p', { class: 'error', id: `${of}-error`, hidden: true });
    const star = props.required && el('span', { class: 'star', 'aria-hidden': 'true' }, '\u00a0*');
    return el('div', { class: 'field' }, el('label', { for: of }, W[name], /** @type {Node} */ (star)), input, lines[name]);
  };

  const title = edit ? W.editing : parent ? w.say(W.replyTo, { name: parent.author.name }) : W.title;
  const node = el(
    'form',
    { class: main ? 'form' : 'form inline', part: 'form', novalidate: true, 'aria-labelledby': id },
    el(main ? 'h2' : 'h3', { class: 'title', id, part: 'heading' }, title),
    !edit && el('p', { class: 'note' }, W.note),
    alert,
    field('body', 'textarea', { required: true, rows: main ? 5 : 3 }),
  );
  const trap = el('input', { id: `${id}-company`, name: 'company', tabindex: -1, autocomplete: 'off' });
  const remember = el('input', { type: 'checkbox', name: 'remember' });
  if (!edit) {
    node.append(
      el(
        'div',
        { class: 'who' },
        field('name', 'input', { required: true, autocomplete: 'name', maxlength: 80 }),
        field('email', 'input', { required: true, type: 'email', autocomplete: 'email', maxlength: 254 }),
        field('website', 'input', { inputmode: 'url', autocomplete: 'url', maxlength: 500 }),
      ),
      // People never see this field; programs that fill in everything do.
      el('div', { class: 'trap', 'aria-hidden': 'true' }, el('label', { for: trap.id }, W.trap), trap),
      el('label', { class: 'check' }, remember, el('span', {}, W.remember)),
    );
  }
  const close = () => {
    kept.set(draftKey, null);
    const back = node.closest('article');
    node.remove();
    node.dispatchEvent(new Event('cancel'));
    if (parent) back?.querySelector('button')?.focus();
  };
  node.append(el('div', { class: 'bar' }, send, !main && button('cancel', W.cancel, close, { class: 'quiet' }), left));

  /** @returns {{ body?: string, key?: string }} */
  const draft = () => kept.get(draftKey, {});

  /** The sender is remembered for this visit, and longer only where the reader says so. */
  const keepSender = () => {
    if (edit) return;
    const me = Object.fromEntries(SENDER.map((name) => [name, inputs[name].value.trim()]));
    kept.set('me', me, 'sessionStorage');
    kept.set('me', remember.checked ? me : null);
  };

  const parts = { node, parent, edit, inputs, lines, alert, left, send, trap, draftKey, draft, keepSender };
  /** @type {Promise<import('./writing.js').Writing> | undefined} */
  let opened;
  let tries = 0;
  /** Most readers only read: what writing needs comes when somebody begins, and again if it was lost. */
  const writing = () => {
    // Browsers remember a module that failed; under another address it is asked for anew.
    const again = tries++ ? `?${tries}` : '';
    opened ??= import(`./writing.js${again}`).then(({ open }) => open(thread, parts));
    opened.catch(() => (opened = undefined));
    return opened;
  };
  node.addEventListener('focusin', () => opened ?? writing().catch(() => {}));

  node.oninput = ({ target }) => {
    kept.set(draftKey, inputs.body.value ? { body: inputs.body.value } : null);
    if (target !== inputs.body) keepSender();
  };

  node.onsubmit = (event) => {
    event.preventDefault();
    writing().then(
      ({ submit }) => submit(),
      () => {
        alert.textContent = W.offline;
        alert.hidden = false;
      },
    );
  };

  const me = kept.get('me', null) ?? kept.get('me', {}, 'sessionStorage');
  for (const name of edit ? [] : SENDER) inputs[name].value = /** @type {any} */ (me)[name] ?? '';
  remember.checked = Boolean(kept.get('me', null));
  inputs.body.value = draft().body ?? (edit && thread.own?.get(edit.id).body) ?? '';
  for (const input of Object.values(inputs)) follow(input);
  thread.session?.dress(node);
  return node;
}
