// What happens once somebody writes in a form: counting, checking, sending. Loaded when somebody does.

import { pageUrl, kept } from './api.js';
import { bring, el, sheet } from './dom.js';
import { pass, sent, watch } from './drafts.js';
import { announce, light } from './light.js';
import { pageTitle } from './page-title.js';
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
 * @property {HTMLElement} alert
 * @property {HTMLButtonElement} send
 * @property {HTMLInputElement} trap
 * @property {string} draftKey
 * @property {() => { body?: string, key?: string }} draft
 * @property {(next: { body: string, key?: string } | null) => void} keep
 * @property {string} [had] the draft as it was kept or heard of last
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
    /** @type {Record<string, import('./types.js').OwnComment>} */
    const stored = kept.get(`own:${thread.site}`, {});
    const known = stored[comment.id] ?? thread.session?.own[comment.id];
    const posted = known ? known.posted : Date.now();
    const own = { article: thread.article, body, notice, comment, posted };
    // Whoever comes to this browser after a reader who has signed in gets no token of theirs.
    if (thread.session?.reader && !stored[comment.id]) thread.session.own[comment.id] = own;
    else kept.set(`own:${thread.site}`, { ...stored, [comment.id]: { token, ...own } });
    if (thread.signal.aborted) return;
    await thread.loadOwn().catch(() => {});
  }
  const node = place(thread, comment);
  thread.showEmpty();
  light(node);
  announce(thread, node.querySelector('.notice')?.textContent || thanks);
}

/**
 * E-mail about replies, where the site sends any; writing goes on without.
 * @param {Thread} thread
 * @param {Parts} parts
 * @returns {Promise<HTMLInputElement | null>}
 */
async function offer(thread, { send }) {
  // Somebody may begin before the thread is there, which says so.
  if (!thread.first) await new Promise((done) => thread.box.addEventListener('rejoinder:count', done, { once: true }));
  return thread.first?.letters ? bring('letters').then((letters) => letters.offer(thread, send)) : null;
}

const LONGEST = 10_000;
const COUNT_FROM = 9_000;

/**
 * @param {Thread} thread
 * @param {Parts} parts
 * @returns {Promise<Writing>}
 */
export async function open(thread, parts) {
  const { node, parent, edit, inputs, alert, send, trap, draft, keepSender } = parts;
  const [w] = await Promise.all([
    words(thread.w.tag, 'writing'),
    sheet(/** @type {ShadowRoot} */ (thread.box.getRootNode()), 'more.css'),
  ]);
  const W = w.writing;
  const label = send.textContent;
  const left = el('span', { class: 'left', role: 'status' });
  /** @type {Element} */ (send.parentElement).append(left);

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
    const input = inputs[name];
    const field = input?.parentElement;
    if (!field || field.closest('[hidden]')) return false; // of the fields, not the preview
    const id = `${input.id}-error`;
    /** @type {HTMLElement} */
    const line = field.querySelector('.error') ?? field.appendChild(el('p', { class: 'error', id }));
    input.setAttribute('aria-describedby', id);
    line.textContent = text;
    line.hidden = !text;
    input.ariaInvalid = text ? 'true' : null;
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
      if (input.parentElement?.closest('[hidden]')) continue; // who has signed in needn't say who they are
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
    // What is typed now would be lost with the form, and what is on its way can't be called back.
    for (const input of Object.values(inputs)) input.readOnly = busy;
    const cancel = /** @type {HTMLButtonElement | null} */ (node.querySelector('[name=cancel]'));
    if (cancel) cancel.disabled = busy;
  };

  /** @param {string} body */
  const post = async (body) => {
    // The same key until something changes: a repeat after a lost answer is no second comment.
    const key = draft().key ?? randomId();
    parts.keep({ body, key });
    keepSender();
    const { ticket } = thread;
    const company = trap.value || undefined;
    const signed = thread.session?.reader;
    const sender = {
      name: inputs.name.value.trim(),
      email: inputs.email.value.trim(),
      website: inputs.website.value.trim() || undefined,
    };
    /** @param {string} [proof] */
    const say = (proof) => thread.call('POST', thread.path, {
      headers: { 'Idempotency-Key': key, ...reader() },
      token: signed ? thread.session?.token : undefined,
      body: {
        ...(signed ? {} : sender),
        ...{ body, company, ticket, parent_id: parent?.id, proof, notify: notify?.checked || undefined },
        article: { url: pageUrl(), title: pageTitle() },
      },
    });
    const posted = await say().catch(async (error) => {
      const { challenge } = error.problem ?? {};
      if (!challenge) throw error;
      // The site is under attack: this browser's part of the work.
      const { solve } = await import('./puzzle.js');
      const proof = await solve(challenge).catch(() => { throw error; });
      return say(proof);
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
    const token = thread.own?.token(comment.id);
    const answer = await thread.call('PATCH', `comments/${comment.id}`, { token, body: { body } });
    return answer;
  };

  /** @param {unknown} error */
  const failed = async (error) => {
    const otherwise = /** @type {any} */ (error).status === 0 ? thread.w.comments.offline : W.failed;
    warn(otherwise);
    if (/** @type {any} */ (error).problem?.type?.endsWith('/sign-in-required')) {
      thread.required = true;
      await thread.heed();
    }
    const ended = thread.session?.ended(error);
    if (ended) return warn(ended);
    const { explain } = await import('./problems.js');
    const { text, fields } = await explain(w.tag, error, otherwise);
    const names = Object.keys(fields);
    const loose = names.filter((name) => !mark(name, fields[name] ?? wrong(name)));
    warn(!names.length || loose.length ? fields[loose[0]] ?? text : W.fields);
    const taken = /** @type {any} */ (error).problem?.errors?.some((/** @type {any} */ one) => one.code === 'name_taken');
    if (taken) (await import('./known.js')).claim(thread, inputs.name);
    focusWrong();
  };

  /** @type {HTMLInputElement | null} */
  let notify = null;
  if (!edit) offer(thread, parts).then((box) => (notify = box)).catch(console.warn);
  const looking = preview(thread, w, parts, (error) => failed(error).catch(console.warn));

  const submit = async () => {
    if (send.ariaDisabled) return;
    warn('');
    setBusy(true);
    try {
      if (thread.host.token) await thread.heed().catch(console.warn); // who writes is still being asked
      if (!check()) return;
      const body = inputs.body.value;
      const posted = await (edit ? patch(body, edit) : post(body));
      if (edit) parts.keep(null);
      else sent(thread, parts, body);
      if (parent || edit) node.remove();
      await added(thread, posted, body, W.published);
      if (thread.signal.aborted) pass(thread, parts);
    } catch (error) {
      await failed(error).catch(console.warn);
    } finally {
      setBusy(false);
    }
  };

  node.addEventListener('input', ({ target }) => {
    mark(/** @type {HTMLInputElement} */ (target).name, '');
    count();
    const { body = '', key } = draft();
    if (key) parts.keep({ body }); // from another sender it is another comment
  });
  count();
  if (!edit) {
    watch(thread, parts, () => {
      looking.write();
      count();
    });
  }
  return { submit };
}
