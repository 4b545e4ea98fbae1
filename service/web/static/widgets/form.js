// The form: a new comment, a reply in place, or a change to an own comment.

import { ApiError, kept, pageUrl, randomId, reader } from './api.js';
import { button, el, say, wait } from './dom.js';
import { W } from './words.js';

/** @typedef {import('./types.js').Comment} Comment */

const LONGEST = 10_000;
const COUNT_FROM = 9_000;
const SENDER = /** @type {const} */ (['name', 'email', 'website']);
let forms = 0;

/**
 * @param {import('./comments.js').Comments} thread
 * @param {{ parent?: Comment, edit?: Comment }} purpose
 */
export function replyForm(thread, { parent, edit }) {
  const id = `f${++forms}`;
  const main = !parent && !edit;
  const draftKey = `draft:${thread.site}:${thread.article}:${edit ? `edit-${edit.id}` : (parent?.id ?? '')}`;
  const alert = el('p', { class: 'alert', role: 'alert', hidden: true });
  const left = el('span', { class: 'left', role: 'status' });
  const send = el('button', { type: 'submit', class: 'send', part: 'button submit' });
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
    const input = el(tag, { id: of, name, part: 'input', dir: 'auto', 'aria-describedby': `${of}-error`, ...props });
    inputs[name] = input;
    lines[name] = el('p', { class: 'error', id: `${of}-error`, hidden: true });
    const star = props.required && el('span', { class: 'star', 'aria-hidden': 'true' }, '\u00a0*');
    return el('div', { class: 'field' }, el('label', { for: of }, W[name], /** @type {Node} */ (star)), input, lines[name]);
  };

  const title = edit ? W.editing : parent ? say(W.replyTo, { name: parent.author.name }) : W.title;
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

  const count = () => {
    const free = LONGEST - inputs.body.value.length;
    left.textContent = free > LONGEST - COUNT_FROM ? '' : say(free < 0 ? W.over : W.left, { n: Math.abs(free) });
    left.classList.toggle('over', free < 0);
  };

  /**
   * @param {string} name
   * @param {string} text
   */
  const mark = (name, text) => {
    if (!inputs[name]) return false;
    lines[name].textContent = text;
    lines[name].hidden = !text;
    inputs[name].ariaInvalid = text ? 'true' : null;
    return true;
  };

  /** @param {string} text */
  const warn = (text) => {
    alert.textContent = text;
    alert.hidden = !text;
    if (text) alert.scrollIntoView({ block: 'nearest' });
  };

  const focusWrong = () => {
    const wrong = Object.values(inputs).find((input) => input.ariaInvalid);
    wrong?.focus();
    return wrong;
  };

  const check = () => {
    for (const [name, input] of Object.entries(inputs)) {
      const wrong = !input.validity.valid || (input.required && !input.value.trim());
      mark(name, wrong ? W.wrong[/** @type {keyof typeof W.wrong} */ (name)] : '');
    }
    if (inputs.body.value.length > LONGEST) mark('body', left.textContent ?? '');
    return !focusWrong();
  };

  /** @param {boolean} busy */
  const setBusy = (busy) => {
    send.ariaDisabled = node.ariaBusy = busy ? 'true' : null;
    send.textContent = busy ? W.busy : edit ? W.save : W.send;
  };

  /** @param {string} body */
  const post = async (body) => {
    // The same key until something changes: a repeat after a lost answer is no second comment.
    const key = draft().key ?? randomId();
    kept.set(draftKey, { body, key });
    keepSender();
    const { ticket } = thread;
    const company = trap.value || undefined;
    const website = inputs.website.value.trim() || undefined;
    const posted = await thread.call('POST', thread.path, {
      headers: { 'Idempotency-Key': key, ...reader() },
      body: {
        name: inputs.name.value.trim(),
        email: inputs.email.value.trim(),
        ...{ body, website, company, ticket, parent_id: parent?.id },
        article: { url: pageUrl(), title: document.title },
      },
    });
    inputs.body.value = '';
    count();
    return posted;
  };

  /**
   * @param {string} body
   * @param {Comment} comment
   */
  const patch = async (body, comment) => {
    const token = thread.own?.get(comment.id).token;
    const answer = await thread.call('PATCH', `comments/${comment.id}`, { token, body: { body } });
    return { ...answer, edit_token: token };
  };

  /** @param {unknown} error */
  const failed = (error) => {
    if (!(error instanceof ApiError)) throw error;
    const { status, problem } = error;
    if (!status) return warn(W.offline);
    if (status === 429) return warn(say(W.often, { wait: wait(error.wait) }));
    const errors = problem.errors ?? [];
    const loose = errors.filter(({ path, detail }) => !mark(path.replace(/^\$\./, ''), detail));
    warn(
      errors.length && !loose.length
        ? W.fields
        : (status < 500 && (loose.map((entry) => entry.detail).join(' ') || problem.detail)) || W.failed,
    );
    return void focusWrong();
  };

  node.oninput = ({ target }) => {
    const { name } = /** @type {HTMLInputElement} */ (target);
    mark(name, '');
    kept.set(draftKey, inputs.body.value ? { body: inputs.body.value } : null);
    if (name === 'body') count();
    else keepSender();
  };

  node.onsubmit = async (event) => {
    event.preventDefault();
    if (send.ariaDisabled) return;
    warn('');
    if (!check()) return;
    setBusy(true);
    try {
      const body = inputs.body.value;
      const posted = await (edit ? patch(body, edit) : post(body));
      kept.set(draftKey, null);
      if (!main) node.remove();
      await thread.added(posted, body);
    } catch (error) {
      failed(error);
    } finally {
      setBusy(false);
    }
  };

  const me = kept.get('me', null) ?? kept.get('me', {}, 'sessionStorage');
  for (const name of edit ? [] : SENDER) inputs[name].value = /** @type {any} */ (me)[name] ?? '';
  remember.checked = Boolean(kept.get('me', null));
  inputs.body.value = draft().body ?? (edit && thread.own?.get(edit.id).body) ?? '';
  count();
  setBusy(false);
  return node;
}
