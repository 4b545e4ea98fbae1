<?php
/**
 * Plugin Name:       Rejoinder
 * Description:       Comments, their moderation and web push alerts from the newsroom's own Rejoinder.
 * Version:           0.1.0
 * Requires at least: 5.9
 * Requires PHP:      7.4
 * License:           Apache-2.0
 * License URI:       https://www.apache.org/licenses/LICENSE-2.0
 * Text Domain:       rejoinder
 *
 * @package Rejoinder
 */

namespace Rejoinder;

defined( 'ABSPATH' ) || exit;

const VERSION = '0.1.0';
const FILE    = __FILE__;

foreach ( array( 'settings', 'server', 'connection', 'settings-page', 'thread', 'comments-closed', 'below-article', 'counts', 'article', 'outbox', 'taken-back', 'notices', 'alerts', 'editor-box', 'alerts-bar', 'sign-on', 'register', 'import', 'import-page', 'mirror', 'mirror-rows', 'mirror-back' ) as $rejoinder_part ) {
	require __DIR__ . "/includes/$rejoinder_part.php";
}
unset( $rejoinder_part );

register_activation_hook( __FILE__, __NAMESPACE__ . '\\activate' );
register_deactivation_hook( __FILE__, __NAMESPACE__ . '\\deactivate' );
add_action( 'init', __NAMESPACE__ . '\\load_words' );

/** Prepare what must be there before the first page. */
function activate() {
	add_secret_options();
	watch_outbox();
	watch_mirror();
}

/**
 * Take away what would go on by itself; settings and what was sent stay.
 *
 * @param bool $network Whether this is for every blog of a network.
 */
function deactivate( $network = false ) {
	foreach ( $network ? get_sites( array( 'fields' => 'ids', 'number' => 0 ) ) : array( get_current_blog_id() ) as $blog ) {
		$network && switch_to_blog( $blog );
		keep_in_step(); // a last look at the server.
		wp_unschedule_hook( MIRROR );
		wp_unschedule_hook( DELIVER );
		$network && restore_current_blog();
	}
}

/** Translations that a site has of its own. */
function load_words() {
	load_plugin_textdomain( 'rejoinder', false, dirname( plugin_basename( FILE ) ) . '/languages' );
}
