// Beside the list: the comment in its thread, who wrote it, and what has happened to it.

import { button, el } from '../widgets/dom.js';
import { CallError, call } from './calls.js';
import { STATUS } from './card.js';
import { writePlace } from './place.js';
import { sanctionsOf } from './sanction.js';
import { REASONS, time } from './saying.js';

/**
 * @typedef {import('./types.js').Item} Item
 * @typedef {import('./types.js').Detail} Detail
 * @typedef {import('../widgets/types.js').Comment} Comment
 */

const CALM = 150; // milliseconds: who hurries down the list doesn't load every comment
/** @type {Record<string, string>} */
const ACTORS = { machine: 'The checks', author: 'Its author', undo: 'Undone', system: 'The service', policy: 'The policy', import: 'Imported' };

/** @type {Record<string, string>} by the names under which they are imported */
const SYSTEMS = { wordpress: 'WordPress', disqus: 'Disqus', isso: 'Isso', remark42: 'Remark42', commento: 'Commento', comentario: 'Comentario' };

/** @param {string} html sanitised by the server; only its text is shown here */
const textOf = (html) => new DOMParser().parseFromString(html, 'text/html').body.textContent?.trim() ?? '';

/**
 * A section, where it has anything in it.
 * @param {string} title
 * @param {...(Node | string | null | undefined | false)} children
 */
function section(title, ...children) {
  return children.some(Boolean) && el('section', {}, el('h3', {}, title), ...children);
}

/**
 * One line of a thread or of a history.
 * @param {Comment} one
 * @param {boolean} named
 */
function line(one, named) {
  return el(
    'li',
    { 'data-status': one.status },
    el('p', { class: 'quiet' }, named && el('bdi', { class: 'name' }, one.author.name), named && ' · ', STATUS[one.status] ?? one.status, ' · ', time(one.created_at)),
    el('p', { dir: 'auto' }, textOf(one.html)),
  );
}

export class DetailPane {
  #turn = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {Item | null} */
  item = null;
  /** @type {Item | null} what to load once there is room for it */
  #wanted = null;

  /**
   * @param {{ only: (filter: Record<string, string>) => void, back: () => void, unveil: () => void } & Omit<import('./sanction.js').Heard, 'changed'>} heard
   *   `only` narrows the list down, `back` goes to the list, `unveil` shows what is
   *   veiled there, and so here
   */
  constructor(heard) {
    this.heard = heard;
    this.body = el('div', {});
    this.node = el(
      'aside',
      { class: 'detail', 'aria-label': 'About this comment', tabindex: -1 },
      button('back', 'Back to the list', () => this.close(), { class: 'link back' }),
      this.body,
    );
    this.node.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      this.close();
    });
    // Where there is no room for it nothing is loaded, until there is.
    new ResizeObserver(() => this.#wanted && this.#start(this.#wanted)).observe(this.node);
  }

  /** @param {Item | null} item */
  show(item) {
    if (item && item.id === this.item?.id && item.version === this.item.version) return;
    this.item = item;
    this.#wanted = null;
    clearTimeout(this.#timer);
    this.#turn += 1;
    // What is still shown is about another comment: it can't be worked with.
    this.body.inert = item !== null;
    if (item) this.#start(item);
    else this.body.replaceChildren(el('p', { class: 'quiet' }, 'The comment that is chosen is shown here in its thread.'));
  }

  /** @param {Item} item */
  #start(item) {
    const turn = this.#turn;
    this.#wanted = this.node.checkVisibility() ? null : item;
    if (!this.#wanted) this.#timer = setTimeout(() => this.#load(item, turn), CALM);
  }

  /** Loads what is shown anew, for instance after a sanction. */
  reload() {
    const { item } = this;
    this.item = null;
    this.show(item);
  }

  /** Opens the pane where it isn't beside the list, and takes the focus to it. */
  open() {
    this.node.classList.add('open');
    this.node.focus();
  }

  close() {
    this.node.classList.remove('open');
    this.heard.back();
  }

  /**
   * @param {Item} item
   * @param {number} turn
   */
  async #load(item, turn) {
    try {
      const [detail, reader] = await Promise.all([
        call('GET', `v1/moderation/comments/${item.id}`),
        call('GET', `v1/moderation/readers/${item.reader.id}`),
      ]);
      if (turn === this.#turn) this.#fill(detail, reader);
    } catch (error) {
      if (turn !== this.#turn || (error instanceof CallError && error.status === 401)) return;
      const again = button('retry', 'Try again', () => this.reload(), { class: 'link' });
      this.body.inert = false;
      this.body.replaceChildren(el('p', { class: 'alert' }, error instanceof Error ? error.message : String(error), ' ', again));
    }
  }

  /**
   * @param {Detail} detail
   * @param {import('./types.js').Reader} reader
   */
  #fill(detail, reader) {
    this.body.inert = false;
    const { title, key } = detail.article;
    const all = (/** @type {string} */ text, /** @type {Record<string, string>} */ filter) =>
      button('only', text, () => this.heard.only(filter), { class: 'link' });
    this.body.replaceChildren(
      el('h2', {}, title || key),
      el('p', {}, all('All of this article', { article: key }), ' · ', el('a', { class: 'link', href: writePlace({ name: 'articles', order: 'risk', site: '', q: key, filters: {} }) }, 'Its settings')),
      button('unveil', 'Show this comment', this.heard.unveil, { class: 'link unveil', 'aria-keyshortcuts': 'b' }),
      el(
        'ol',
        { class: 'thread', 'aria-label': 'The thread' },
        ...detail.context.map((one) => line(one, true)),
        el('li', { class: 'same', 'aria-current': 'true', 'data-status': detail.status }, el('p', { class: 'quiet' }, el('bdi', { class: 'name' }, detail.author.name), ' · this comment'), el('p', { class: 'short', dir: 'auto' }, detail.body)),
        ...detail.replies.map((one) => line(one, true)),
      ),
      pending(detail) || '',
      ...[
        section('Reports', detail.report_notes.length > 0 && el('ul', {}, ...detail.report_notes.map(report))),
        section(`${detail.members.length} others of this campaign`, detail.members.length > 0 && el('ul', { class: 'others' }, ...detail.members.map((one) => line(one, true)))),
        section(
          'The reader',
          el('p', {}, el('bdi', { class: 'name' }, reader.name), ' ', el('bdi', { class: 'quiet' }, reader.email)),
          el('p', { class: 'quiet' }, reader.confirmed ? 'Confirmed' : 'Not confirmed', ', first here ', time(reader.created_at), `. ${reader.counts.published} published, ${reader.counts.held} waiting, ${reader.counts.refused} refused.`),
          el('p', {}, all('All by this reader', { reader: reader.id })),
          sanctionsOf(reader, { ...this.heard, changed: () => this.reload() }),
        ),
        section('Lately by this reader', detail.history.length > 0 && el('ul', { class: 'others' }, ...detail.history.map((one) => line(one, false)))),
        section('What has happened', el('ol', { class: 'ledger' }, ...detail.ledger.map(entry))),
      ].filter((one) => one !== false),
    );
  }
}

/**
 * Why a comment waits that no check of ours has held: it was imported so.
 * @param {Detail} detail
 */
function pending({ status, ledger }) {
  const last = ledger.at(-1);
  if (status !== 'held' || last?.actor !== 'import' || last.from_status) return null;
  return el('p', {}, `Held: it was waiting in ${SYSTEMS[last.note ?? ''] ?? last.note ?? 'the old system'}, where it comes from.`);
}

/** @param {{ reason: string, note: string | null, created_at: string }} one */
function report({ reason, note, created_at: at }) {
  return el('li', {}, el('p', {}, REASONS[reason] ?? reason, note && `: “${note}”`), el('p', { class: 'quiet' }, time(at)));
}

/** @param {import('./types.js').Entry} one */
function entry({ actor, moderator, from_status: from, to_status: to, reason, note, created_at: at }) {
  const who = actor === 'undo' ? `Undone by ${moderator ?? 'somebody'}` : moderator ?? ACTORS[actor] ?? actor;
  const now = STATUS[to]?.toLowerCase() ?? to;
  return el(
    'li',
    {},
    el('p', {}, el('bdi', { class: 'name' }, who), from === to && actor !== 'machine' ? `: left it ${now}` : `: ${now}`, reason && to !== 'published' && `, ${REASONS[reason] ?? reason}`),
    note && el('p', { dir: 'auto' }, `“${note}”`),
    el('p', { class: 'quiet' }, time(at)),
  );
}
