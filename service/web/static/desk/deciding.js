// Deciding: shown at once, sent behind it, told where it went otherwise, taken back.

import { button, el } from '../widgets/dom.js';
import { CallError, call } from './calls.js';
import { STATUS } from './card.js';
import { askReason } from './reason.js';
import { selected } from './selection.js';
import { DONE } from './words.js';

/**
 * @typedef {import('./types.js').Item} Item
 * @typedef {import('./types.js').Action} Action
 * @typedef {import('./types.js').Result} Result
 * @typedef {{ batch: string, cards: Map<HTMLElement, Item> }} Done
 * @typedef {{ takeBack: () => Promise<boolean> }} Other what isn't a batch, for instance a sanction
 */

const UNDOS = 50;
const AT_ONCE = 500;
/** @type {Record<Action, string>} */
const MADE = { publish: 'published', reject: 'rejected', spam: 'spam', hold: 'held' };

/**
 * What is said of one comment, on its card.
 * @param {HTMLElement} node
 * @param {'good' | 'bad'} kind
 * @param {string} text
 * @param {HTMLElement} [action]
 */
export function tell(node, kind, text, action) {
  const box = node.querySelector('.outcome');
  if (!box) return;
  box.className = `outcome ${kind}`;
  box.replaceChildren(el('span', {}, text));
  if (action) box.append(' ', action);
}

export class Deciding {
  /** @type {(n: number) => void} called with how many cards the service has taken decisions on */
  decided = () => {};
  /** @type {(Done | Other)[]} what can be taken back, the newest last */
  #done = [];

  /**
   * @param {import('./queue.js').Queue} queue
   * @param {import('./outbox.js').Outbox} outbox
   * @param {import('./toast.js').Toast} toast
   */
  constructor(queue, outbox, toast) {
    this.queue = queue;
    this.outbox = outbox;
    this.toast = toast;
  }

  /**
   * Decides a comment, or all that are selected where it is one of them.
   * @param {Item} item
   * @param {Action} action
   */
  async decide(item, action) {
    const at = this.queue.node(item.id);
    if (!at || at.classList.contains('done')) return;
    const chosen = selected(this.queue.list);
    const nodes = chosen.includes(at) ? chosen : [at];
    const reason = action === 'reject' ? await askReason(item.reason || 'other') : undefined;
    if (reason === null) return this.queue.go(at);
    const onward = at.contains(document.activeElement) || document.activeElement === document.body;
    // The service takes so many at once; what is more is a batch of its own, taken back by itself.
    for (let from = 0; from < nodes.length; from += AT_ONCE) this.#send(nodes.slice(from, from + AT_ONCE), action, reason);
    if (onward) this.queue.onward(at);
  }

  /**
   * @param {HTMLElement[]} nodes at most AT_ONCE
   * @param {Action} action
   * @param {string | undefined} reason
   */
  #send(nodes, action, reason) {
    /** @type {Map<HTMLElement, Item>} */
    const cards = new Map(nodes.map((node) => [node, /** @type {Item} */ (this.queue.items.get(node.id.slice(2)))]));
    for (const node of cards.keys()) this.#close(node, action);
    const decisions = [...cards.values()].map((one) => ({
      comment_id: one.id,
      action,
      version: one.version,
      ...(reason && { reason }),
      ...(one.note && { note: one.note }),
      ...(one.campaign && { campaign: true }),
    }));
    const batch = this.outbox.send(decisions, (answer) => this.#settle(cards, answer));
    const n = [...cards.values()].reduce((sum, one) => sum + (one.campaign?.decided ?? 1), 0);
    this.remember(`${n > 1 ? `${DONE[action]}: ${n} comments` : DONE[action]}.`, { batch, cards });
  }

  /**
   * Says what was done, and keeps how it is taken back.
   * @param {string} words
   * @param {Done | Other} done
   */
  remember(words, done) {
    this.#done.push(done);
    if (this.#done.length > UNDOS) this.#done.shift();
    this.toast.say(words, button('undo', 'Undo', () => this.undo(), { class: 'link', 'aria-keyshortcuts': 'z' }));
  }

  /**
   * @param {HTMLElement} node
   * @param {Action} action
   */
  #close(node, action) {
    node.classList.add('done');
    node.dataset.status = MADE[action];
    this.queue.count(-1);
    tell(node, 'good', `${DONE[action]}.`);
  }

  /** @param {HTMLElement} node */
  #open(node) {
    if (!node.classList.contains('done')) return;
    node.classList.remove('done');
    this.queue.count(1);
    tell(node, 'good', '');
    node.querySelector('.outcome')?.replaceChildren();
  }

  /**
   * @param {Map<HTMLElement, Item>} cards
   * @param {{ results: Result[] } | { problem: string }} answer
   */
  #settle(cards, answer) {
    /** @type {Map<string, Result>} */
    const found = new Map('results' in answer ? answer.results.map((result) => [result.comment_id, result]) : []);
    let why = '';
    for (const [node, item] of cards) {
      const result = found.get(item.id);
      if (result?.outcome === 'applied' || result?.outcome === 'unchanged') {
        node.dataset.saved = '';
        continue;
      }
      if (result?.outcome === 'missing') {
        tell(node, 'bad', 'This comment is no longer there.');
        continue;
      }
      this.#open(node);
      if (!result) {
        why = 'problem' in answer ? answer.problem : '';
        tell(node, 'bad', `Not saved. ${why}`);
        continue;
      }
      const { decided } = result;
      const now = STATUS[String(result.status)]?.toLowerCase() ?? result.status;
      const who = decided?.moderator || (decided?.actor === 'author' ? 'Its author' : 'Somebody else');
      const show = button('refresh', 'Show it as it is now', () => this.queue.refresh(node, item), { class: 'link' });
      why = `${who} was faster`;
      tell(node, 'bad', `${why}: it is now ${now}. Your decision was not applied.`, show);
    }
    const open = [...cards.keys()].filter((node) => !node.classList.contains('done'));
    if (open.length) this.#failed(open.length, open.every((node) => node.isConnected) ? 'see there' : why);
    this.decided(cards.size);
    this.#done = this.#done.filter((one) => !('cards' in one) || one.cards !== cards || open.length < cards.size);
  }

  /**
   * @param {number} n decisions that were not applied
   * @param {string} why
   */
  #failed(n, why) {
    this.toast.say(`${n === 1 ? 'One decision was' : `${n} decisions were`} not applied: ${why.replace(/\.$/, '')}.`);
  }

  /**
   * What came of a batch that another page could not send; its comments needn't be shown here.
   * @param {{ results: Result[] } | { problem: string }} answer
   * @param {number} n
   */
  late(answer, n) {
    if ('problem' in answer) return this.#failed(n, answer.problem);
    const lost = answer.results.filter(({ outcome }) => outcome === 'conflict');
    const [first] = lost;
    if (first) this.#failed(lost.length, `${first.decided?.moderator || 'somebody else'} was faster`);
  }

  /** Takes the newest batch of this session back, also after its message has gone. */
  async undo() {
    const last = this.#done.pop();
    if (!last) return this.toast.say('There is nothing to undo.');
    if ('takeBack' in last) {
      if (!(await last.takeBack())) this.#done.push(last);
      return;
    }
    if (this.outbox.cancel(last.batch)) {
      for (const node of last.cards.keys()) this.#open(node);
      this.#return(last);
      return this.toast.say(`Undone: ${last.cards.size}.`);
    }
    if (!(await this.outbox.answered(last.batch))) {
      this.#done.push(last);
      return this.toast.say('Not undone yet: the decision has not reached the service. Please try again once it is connected.');
    }
    try {
      const { results } = await call('POST', `v1/moderation/batches/${last.batch}/undo`);
      const back = results.filter((/** @type {Result} */ { outcome }) => outcome === 'applied');
      const kept = results.length - back.length;
      this.toast.say(`Undone: ${back.length}.${kept ? ` ${kept} had changed meanwhile and stayed.` : ''}`);
      const undone = new Map(back.map((/** @type {Result} */ result) => [result.comment_id, result]));
      for (const [node, item] of last.cards) {
        const result = undone.get(item.id);
        if (!result || !node.isConnected) continue;
        this.#open(node);
        this.queue.restore(node, { ...item, status: result.status, version: result.version, note: undefined });
      }
      this.#return(last);
    } catch (error) {
      const status = error instanceof CallError ? error.status : 0;
      if (status === 401) return void this.queue.signedOut();
      if (status === 404) return this.toast.say('There is nothing to undo: these comments were like that already.');
      this.#done.push(last);
      this.toast.say(`Not undone. ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** @param {Done} done the first of its comments is where the moderator goes on */
  #return({ cards }) {
    const id = [...cards.values()][0]?.id;
    const node = id && this.queue.node(id);
    if (node) this.queue.go(node);
  }
}
