// Write and Preview: what a text will look like, as the server will render it.

import { button, el } from './dom.js';

/**
 * Puts the two buttons beside the field's label, and what may be typed below the form.
 * @param {import('./comments.js').Comments} thread
 * @param {import('./words.js').Words} w
 * @param {import('./writing.js').Parts} parts
 * @param {(error: unknown) => void} failed says why there is no preview
 * @returns {{ write(): void }}
 */
export function preview(thread, w, { node, inputs: { body } }, failed) {
  const W = w.writing;
  const pane = el('div', {
    class: 'text preview', part: 'text preview', dir: 'auto', role: 'region', tabindex: 0, 'aria-label': W.preview, 'aria-live': 'polite',
    hidden: true,
  });
  let turn = 0;
  let rendered = '';

  /** @param {boolean} looking */
  const show = (looking) => {
    turn += 1;
    writes.ariaPressed = String(!looking);
    looks.ariaPressed = String(looking);
    if (looking) pane.style.minHeight = `${body.offsetHeight}px`;
    pane.hidden = !looking;
    body.hidden = looking;
  };

  const look = async () => {
    if (!pane.hidden) return;
    const text = body.value;
    show(true);
    if (text === rendered && text) return;
    if (!text.trim()) return pane.replaceChildren(el('p', { class: 'tomb' }, W.nothing));
    const mine = turn;
    pane.ariaBusy = 'true';
    try {
      const { html } = await thread.call('POST', 'preview', { body: { body: text }, signal: thread.signal });
      if (mine !== turn) return;
      pane.innerHTML = html; // sanitised by the server, as a comment is
      rendered = text;
    } catch (error) {
      if (mine !== turn) return;
      show(false);
      failed(error);
    } finally {
      pane.ariaBusy = null;
    }
  };

  const write = () => {
    if (!pane.hidden) show(false);
  };
  const writes = button('write', W.write, () => {
    write();
    body.focus();
  }, { class: 'tab', 'aria-pressed': 'true' });
  const looks = button('preview', W.preview, look, { class: 'tab', 'aria-pressed': 'false' });
  body.before(el('div', { class: 'tools', role: 'group', 'aria-label': W.view }, writes, looks));
  body.after(pane);
  node.append(el('p', { class: 'note help' }, `${W.format} `, el('span', { dir: 'ltr' }, W.marks)));
  return { write };
}
