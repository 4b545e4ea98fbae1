// The panel of the block editor: whether this post is alerted, its title and edition, and what has
// become of the alerts so far. Written for WordPress as it comes: no build step.

(() => {
  const { wp } = /** @type {any} */ (window);
  const { createElement: el, useEffect } = wp.element;
  const { CheckboxControl, TextControl } = wp.components;
  const { useDispatch, useSelect } = wp.data;
  const { __ } = wp.i18n;
  // Where it is since WordPress 6.6, and where it was before.
  const Panel = wp.editor?.PluginDocumentSettingPanel ?? wp.editPost.PluginDocumentSettingPanel;
  const EVERY = 3000; // milliseconds, while an alert goes out

  /**
   * @typedef {{ wanted: boolean, title: string, edition: number, states: string[], running: boolean }} Alert
   */

  function AlertPanel() {
    const { editPost } = useDispatch('core/editor');
    const { receiveEntityRecords } = useDispatch('core');
    /** @type {{ alert: Alert | undefined, id: number, type: string, saving: boolean }} */
    const { alert, id, type, saving } = useSelect((/** @type {any} */ select) => {
      const editor = select('core/editor');
      return {
        alert: editor.getEditedPostAttribute('rejoinder_alert'),
        id: editor.getCurrentPostId(),
        type: editor.getCurrentPostType(),
        saving: editor.isSavingPost(),
      };
    });
    const sent = alert?.states.join();
    const expected = alert?.wanted && wp.data.select('core/editor').isCurrentPostPublished();

    // What the server says comes in after the save: into the record, not among the editor's changes.
    useEffect(() => {
      if (saving || !id || !(alert?.running || (expected && alert?.states.length < alert.edition))) return undefined;
      const timer = setInterval(async () => {
        const told = await wp.apiFetch({ path: `/rejoinder/v1/alerts/${id}` }).catch(() => undefined);
        const record = wp.data.select('core').getRawEntityRecord('postType', type, id);
        if (told && record) receiveEntityRecords('postType', type, [{ ...record, rejoinder_alert: told }]);
      }, EVERY);
      return () => clearInterval(timer);
    }, [saving, id, sent, alert?.running, expected]);

    if (!alert) return null;
    /** @param {Partial<Alert>} change */
    const set = (change) => {
      const { wanted, title, edition } = { ...alert, ...change };
      editPost({ rejoinder_alert: { ...alert, wanted, title, edition } });
    };
    return el(
      Panel,
      { name: 'rejoinder', title: __('Alert to readers', 'rejoinder') },
      el(CheckboxControl, {
        label: __('Alert readers', 'rejoinder'),
        checked: alert.wanted,
        onChange: (/** @type {boolean} */ wanted) => set({ wanted }),
      }),
      el(TextControl, {
        label: __('Title of the alert', 'rejoinder'),
        placeholder: __('The post’s own', 'rejoinder'),
        value: alert.title,
        maxLength: 500,
        onChange: (/** @type {string} */ title) => set({ title }),
      }),
      el(TextControl, {
        label: __('Edition', 'rejoinder'),
        help: __('Readers get one alert an edition. A higher number alerts once more.', 'rejoinder'),
        type: 'number',
        min: 1,
        max: 10000,
        value: alert.edition,
        onChange: (/** @type {string} */ given) => set({ edition: Math.min(10000, Math.max(1, Number.parseInt(given, 10) || 1)) }),
      }),
      el('div', { role: 'status' }, ...alert.states.map((state) => el('p', { key: state }, state))),
    );
  }

  wp.plugins.registerPlugin('rejoinder', { render: AlertPanel, icon: null });
})();
