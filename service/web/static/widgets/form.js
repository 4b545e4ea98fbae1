// The form: a new comment, a reply in place, or a change to an own comment.

import { kept } from './api.js';
import { bring, button, el, follow } from './dom.js';

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
  const send = el('button', { type: 'submit', class: 'send', part: 'button submit' }, edit ? W.save : W.send);
  /** @type {Record<string, HTMLInputElement | HTMLTextAreaElement>} */
  const inputs = {};

  /**
   * @param {'body' | typeof SENDER[number]} name
   * @param {'textarea' | 'input'} tag
   * @param {Record<string, unknown>} props
   */
  const field = (name, tag, props) => {
    const of = `${id}-${name}`;
    const input = el(tag, { id: of, name, part: 'input', ...props });
    inputs[name] = input;
    const star = props.required && el('span', { class: 'star', 'aria-hidden': 'true' }, '\u00a0*');
    return el('div', { class: 'field' }, el('label', { for: of }, W[name], /** @type {Node} */ (star)), input);
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
    parts.keep(null);
    const back = node.closest('article');
    node.remove();
    node.dispatchEvent(new Event('cancel'));
    if (edit) return;
    back?.focus();
    /** @type {HTMLElement | null | undefined} */ (back?.querySelector('[name=reply]'))?.focus();
  };
  node.append(el('div', { class: 'bar' }, send, !main && button('cancel', W.cancel, close, { class: 'quiet' })));

  /** @returns {{ body?: string, key?: string }} */
  const last = () => kept.get(draftKey, {});
  /** A tab's own text goes first, unless another tab has gone on with it. */
  const draft = () => {
    const mine = kept.get(draftKey, last(), 'sessionStorage');
    return last().body?.startsWith(mine.body ?? '') ? last() : mine;
  };

  /** The sender is remembered for this visit, and longer only where the reader says so. */
  const keepSender = () => {
    if (edit) return;
    const me = Object.fromEntries(SENDER.map((name) => [name, inputs[name].value.trim()]));
    kept.set('me', me, 'sessionStorage');
    kept.set('me', remember.checked ? me : null);
  };

  const parts = {
    ...{ node, parent, edit, inputs, alert, send, trap, draftKey, draft, keepSender },
    had: draft().body,
    /** @param {{ body: string, key?: string } | null} next a text of another tab's is left alone */
    keep(next) {
      if ((next?.body ?? parts.had) !== parts.had || last().body === parts.had) kept.set(draftKey, next);
      kept.set(draftKey, next, 'sessionStorage');
      parts.had = next?.body;
    },
  };
  /** @type {Promise<import('./writing.js').Writing> | undefined} */
  let opened;
  /** What writing needs comes when somebody begins, and again if it was lost. */
  const writing = () => {
    opened ??= bring('writing').then(({ open }) => open(thread, parts));
    opened.catch(() => (opened = undefined));
    return opened;
  };
  node.addEventListener('focusin', () => opened ?? writing().catch(() => {}));

  node.oninput = ({ target }) => {
    if (target === inputs.body) parts.keep(inputs.body.value ? { body: inputs.body.value } : null);
    else keepSender();
  };

  node.onsubmit = (event) => {
    event.preventDefault();
    send.ariaBusy = 'true';
    writing()
      .then(({ submit }) => submit(), () => {
        alert.textContent = W.offline;
        alert.hidden = false;
      })
      .then(() => (send.ariaBusy = null));
  };

  const me = kept.get('me', null) ?? kept.get('me', {}, 'sessionStorage');
  for (const name of edit ? [] : SENDER) inputs[name].value = /** @type {any} */ (me)[name] ?? '';
  remember.checked = Boolean(kept.get('me', null));
  inputs.body.value = parts.had ?? (edit && thread.own?.get(edit.id).body) ?? '';
  for (const input of Object.values(inputs)) follow(input);
  thread.session?.dress(node);
  if (parts.had) writing().catch(() => {}); // perhaps another tab is writing it, too
  return node;
}
