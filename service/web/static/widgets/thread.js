// One comment, its replies, and what any reader can do with it.

import { kept } from './api.js';
import { bring, button, el, time } from './dom.js';
import { replyForm } from './form.js';

/**
 * @typedef {import('./comments.js').Comments} Comments
 * @typedef {import('./types.js').Comment} Comment
 */

const DEEPEST = 4;

/** @type {WeakMap<Element, Comment>} what is shown where */
export const shown = new WeakMap();

/** @param {Element} node */
const repliesOf = (node) => /** @type {HTMLElement} */ (node.querySelector(':scope > .replies'));

/** @param {HTMLElement | null} parent */
const below = (parent) => (parent ? Math.min(DEEPEST, Number(parent.dataset.depth) + 1) : 0);

/**
 * A root comment with the replies that came with it.
 * @param {Comments} thread
 * @param {Comment} root
 */
export function tree(thread, root) {
  const node = one(thread, root, 0);
  const replies = root.replies ?? [];
  for (const reply of replies) hang(thread, node, reply);
  const hidden = (root.reply_count ?? 0) - replies.length;
  if (hidden > 0) {
    const { comments: W, say } = thread.w;
    const more = button('more-replies', say(W.moreHere, { n: hidden }), () => {
      bring('further').then(({ showMore }) => showMore(thread, node, root.id, more), () => (more.textContent = W.retry));
    }, { class: 'more-here', 'data-left': hidden });
    node.append(more);
  }
  return node;
}

/**
 * Hangs a reply under its parent, which an oldest-first list always brings before it.
 * @param {Comments} thread
 * @param {HTMLElement} root
 * @param {Comment} reply
 */
export function hang(thread, root, reply) {
  if (thread.find(reply.id)) return null;
  /** @type {HTMLElement} */
  const parent = root.querySelector(`[id="comment-${reply.parent_id}"]`) ?? root;
  const node = one(thread, reply, below(parent));
  repliesOf(parent).append(node);
  return node;
}

/**
 * Puts a comment where it belongs: over its own older version, under its parent, or on top.
 * @param {Comments} thread
 * @param {Comment} comment
 */
export function place(thread, comment) {
  const there = thread.find(comment.id);
  const parent = comment.parent_id ? thread.find(comment.parent_id) : null;
  const node = one(thread, comment, there ? Number(there.dataset.depth) : below(parent));
  if (there) {
    repliesOf(node).replaceWith(repliesOf(there));
    there.replaceWith(node);
  } else if (parent) repliesOf(parent).append(node);
  else thread.list.prepend(node);
  return node;
}

/**
 * @param {Comments} thread
 * @param {Comment} comment
 * @param {number} depth
 */
function one(thread, comment, depth) {
  const { author, status } = comment;
  const W = thread.w.comments;
  const node = el('article', {
    id: `comment-${comment.id}`,
    class: `comment ${status}`,
    part: 'comment',
    'data-depth': depth,
    tabindex: -1,
  });
  const replies = el('div', { class: 'replies', part: 'replies' });
  shown.set(node, comment);
  if (status === 'removed') {
    node.append(el('p', { class: 'tomb' }, W.removed), replies);
    return node;
  }
  const by = el(
    'header',
    { class: 'by' },
    el('bdi', { class: 'name', part: 'name' }, author.name),
    author.badge && el('span', { class: 'badge', part: 'badge' }, author.badge),
    el('a', { class: 'when', href: `${location.href.replace(/#.*/, '')}#comment-${comment.id}` }, time(thread.w, comment.created_at)),
    comment.edited_at && el('span', { class: 'edited' }, W.edited),
  );
  const text = el('div', { class: 'text', dir: 'auto', part: 'text' });
  text.innerHTML = comment.html; // sanitised by the server: the one place where HTML is taken over
  const acts = el('div', { class: 'acts' });
  node.append(el('div', { class: 'main' }, by, text, acts), replies);
  const mine = thread.own?.has(comment.id) ?? false;
  if (status === 'published') {
    const report = button('report', W.report, () => {
      bring('report').then(({ ask }) => ask(thread, comment, report), () => (report.textContent = W.retry));
    }, { class: 'act report', hidden: mine });
    acts.append(
      likeButton(thread, comment, mine),
      button('reply', W.reply, () => openReply(thread, comment, node), { class: 'act' }),
      report,
    );
  }
  if (mine) thread.own?.mark(comment, node);
  return node;
}

/**
 * @param {Comments} thread
 * @param {Comment} comment
 * @param {boolean} mine nobody applauds themselves
 */
function likeButton(thread, comment, mine) {
  const { w } = thread;
  const on = kept.get(`liked:${thread.site}`, /** @type {string[]} */ ([])).includes(comment.id);
  comment.likes = Math.max(comment.likes, Number(on)); // a cached page may not know of it yet
  const number = el('span', { class: 'n' });
  const show = () => {
    number.textContent = comment.likes ? w.number.format(comment.likes) : '';
    like.ariaLabel = w.say(w.comments.likes, { n: comment.likes });
  };
  const like = button('like', w.comments.like, () => {
    bring('like').then(({ turn }) => turn(thread, comment, like), console.warn);
  }, { class: 'act like', disabled: mine, 'aria-pressed': String(on) });
  like.append(number);
  like.addEventListener('refresh', show);
  show();
  return like;
}

/**
 * @param {Comments} thread
 * @param {Comment} parent
 * @param {HTMLElement} node
 */
function openReply(thread, parent, node) {
  if (!node.querySelector(':scope > form')) repliesOf(node).before(replyForm(thread, { parent }));
  /** @type {HTMLElement | null} */ (node.querySelector('form :is(textarea, .gate):not([hidden] *)'))?.focus();
}
