// The small dialog in which a reader reports a comment; loaded when it is first asked for.

import { reader } from './reader.js';
import { button, el, sheet } from './dom.js';
import { announce } from './light.js';
import { words } from './words.js';

const OFFERED = [
  'abusive', 'offensive', 'hate_speech', 'harassment_bullying', 'misinformation',
  'spam', 'illegal_content', 'irrelevant_content', 'other',
];

/**
 * @param {import('./comments.js').Comments} thread
 * @param {import('./types.js').Comment} comment
 * @param {HTMLElement} opener gets the focus back
 */
export async function ask(thread, comment, opener) {
  const [{ report: M, reasons }] = await Promise.all([
    words(thread.w.tag, 'report', 'reasons'),
    sheet(/** @type {ShadowRoot} */ (thread.box.getRootNode()), 'more.css'),
  ]);
  opener.textContent = thread.w.comments.report; // which said something else after a failure
  /** @type {Record<string, string>} */
  const named = reasons;
  const alert = el('p', { class: 'alert', role: 'alert', hidden: true });
  const send = el('button', { type: 'submit', class: 'send', part: 'button submit' }, M.send);
  const form = el(
    'form',
    { method: 'dialog' },
    el('h3', { class: 'title', id: 'report-title', part: 'heading' }, M.title),
    el('p', { class: 'note', id: 'report-ask' }, M.ask),
    el(
      'div',
      { class: 'reasons', role: 'radiogroup', 'aria-labelledby': 'report-ask' },
      ...OFFERED.map((value) =>
        el(
          'label',
          { class: 'check' },
          el('input', { type: 'radio', name: 'reason', value, required: true }),
          el('span', { class: 'cap' }, named[value]),
        ),
      ),
    ),
    el('label', { for: 'report-note' }, M.note),
    el('textarea', { id: 'report-note', name: 'note', rows: 2, maxlength: 1000, part: 'input' }),
    alert,
    el('div', { class: 'bar' }, send, button('cancel', M.cancel, () => dialog.close(), { class: 'quiet' })),
  );
  const dialog = el('dialog', { class: 'dialog', part: 'dialog', 'aria-labelledby': 'report-title' }, form);
  dialog.onclose = () => {
    dialog.remove();
    opener.focus();
  };
  dialog.onclick = (event) => {
    if (event.target === dialog) dialog.close();
  };
  form.onsubmit = async (event) => {
    event.preventDefault();
    if (send.ariaBusy) return;
    send.ariaBusy = 'true';
    const given = new FormData(form);
    const note = String(given.get('note') ?? '').trim();
    try {
      await thread.call('POST', `comments/${comment.id}/report`, {
        headers: reader(),
        token: thread.session?.token,
        body: { reason: given.get('reason'), ...(note ? { note } : {}) },
      });
      const done = el('span', { class: 'done', tabindex: -1 }, M.done);
      const focused = opener.matches(':focus');
      opener.replaceWith(done);
      opener = done;
      if (focused) done.focus(); // the dialog was closed before the answer came
      announce(thread, M.done);
      dialog.close();
    } catch (error) {
      if (!dialog.open) return announce(thread, M.failed);
      send.ariaBusy = null;
      alert.textContent = M.failed;
      alert.hidden = false;
      const ended = thread.session?.ended(error);
      if (ended) return void (alert.textContent = ended);
      const { explain } = await import('./problems.js');
      alert.textContent = (await explain(thread.w.tag, error, M.failed)).text;
    }
  };
  thread.box.append(dialog);
  dialog.showModal();
}
