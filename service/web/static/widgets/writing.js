// What happens once somebody writes in a form: counting, checking, sending. Loaded when somebody does.

import { pageUrl, kept } from './api.js';
import { sheet } from './dom.js';
import { preview } from './preview.js';
import { randomId, reader } from './reader.js';
import { place } from './thread.js';
import { words } from './words.js';

/**
 * @typedef {import('./types.js').Comment} Comment
 * @typedef {import('./comments.js').Comments} Thread
 *
 * @typedef {object} Parts of a form
 * @property {HTMLFormElement} node
 * @property {Comment} [parent]
 * @property {Comment} [edit]
 * @property {Record<string, HTMLInputElement | HTMLTextAreaElement>} inputs
 * @property {Record<string, HTMLElement>} lines where a field's error is said
 * @property {HTMLElement} alert
 * @property {HTMLElement} left
 * @property {HTMLButtonElement} send
 * @property {HTMLInputElement} trap
 * @property {string} draftKey
 * @property {() => { body?: string, key?: string }} draft
 * @property {() => void} keepSender
 *
 * @typedef {{ submit(): Promise<void> }} Writing
 */

/**
 * A comment has just been written or changed here.
 * @param {Thread} thread
 * @param {import('./types.js').Posted} posted
 * @param {string} body
 * @param {string} thanks
 */
async function added(thread, { comment, edit_token: token, notice_code: code, notice_values: values }, body, thanks) {
  const shown = thread.find(comment.id);
  thread.addCount(Number(comment.status === 'published') - Number(shown?.classList.contains('published') ?? 0));
  if (token) {
    // Kept before anything else can fail: it is the author's only proof.
    const notice = code === 'watched' ? values : undefined;
    const own = { token, article: thread.article, body, notice, comment };
    kept.set(`own:${thread.site}`, { ...kept.get(`own:${thread.site}`, {}), [comment.id]: own });
    await thread.loadOwn().catch(() => {});
  }
  const node = place(thread, comment);
  thread.showEmpty();
  thread.light(node);
  thread.announce(node.querySelector('.notice')?.textContent || thanks);
}

const LONGEST = 10_000;
const COUNT_FROM = 9_000;

/**
 * @param {Thread} thread
 * @param {Parts} parts
 * @returns {Promise<Writing>}
 */
export async function open(thread, parts) {
  const { node, parent, edit, inputs, lines, alert, left, send, trap, draftKey, draft, keepSender } = parts;
  const [w] = await Promise.all([
    words(thread.w.tag, 'writing'),
    sheet(/** @type {ShadowRoot} */ (thread.box.getRootNode()), 'more.css'),
  ]);
  const W = w.writing;
  const label = send.textContent;

  const count = () => {
    const free = LONGEST - inputs.body.value.length;
    left.textContent = free > LONGEST - COUNT_FROM ? '' : w.say(free < 0 ? W.over : W.left, { n: Math.abs(free) });
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

  const wrong = (/** @type {string} */ name) => W.wrong[/** @type {keyof typeof W.wrong} */ (name)];

  const focusWrong = () => {
    const first = Object.values(inputs).find((input) => input.ariaInvalid);
    if (first === inputs.body) looking.write();
    first?.focus();
    return first;
  };

  const check = () => {
    for (const [name, input] of Object.entries(inputs)) {
      const bad = !input.validity.valid || (input.required && !input.value.trim());
      mark(name, bad ? wrong(name) : '');
    }
    if (inputs.body.value.length > LONGEST) mark('body', left.textContent ?? '');
    return !focusWrong();
  };

  /** @param {boolean} busy */
  const setBusy = (busy) => {
    send.ariaDisabled = node.ariaBusy = busy ? 'true' : null;
    send.textContent = busy ? W.busy : label;
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
    looking.write();
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
  const failed = async (error) => {
    const otherwise = /** @type {any} */ (error).status === 0 ? thread.w.comments.offline : W.failed;
    warn(otherwise);
    const { explain } = await import('./problems.js');
    const { text, fields } = await explain(w.tag, error, otherwise);
    const names = Object.keys(fields);
    const loose = names.filter((name) => !mark(name, fields[name] ?? wrong(name)));
    warn(!names.length || loose.length ? fields[loose[0]] ?? text : W.fields);
    focusWrong();
  };

  const looking = preview(thread, w, parts, (error) => failed(error).catch(console.warn));

  const submit = async () => {
    if (send.ariaDisabled) return;
    warn('');
    if (!check()) return;
    setBusy(true);
    try {
      const body = inputs.body.value;
      const posted = await (edit ? patch(body, edit) : post(body));
      kept.set(draftKey, null);
      if (parent || edit) node.remove();
      await added(thread, posted, body, W.published);
    } catch (error) {
      await failed(error).catch(console.warn);
    } finally {
      setBusy(false);
    }
  };

  node.addEventListener('input', ({ target }) => {
    mark(/** @type {HTMLInputElement} */ (target).name, '');
    count();
  });
  count();
  return { submit };
}
