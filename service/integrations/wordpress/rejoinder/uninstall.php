<?php
/**
 * Deleting the plugin takes with it all that it has stored here; the comments stay in Rejoinder.
 *
 * @package Rejoinder
 */

defined( 'WP_UNINSTALL_PLUGIN' ) || exit;

// Of every blog of a network: what is stored holds keys.
foreach ( is_multisite() ? get_sites( array( 'fields' => 'ids', 'number' => 0 ) ) : array( 0 ) as $rejoinder_blog ) {
	if ( $rejoinder_blog ) {
		switch_to_blog( $rejoinder_blog );
	}
	foreach ( array( 'rejoinder', 'rejoinder_key', 'rejoinder_sign_in_secret', 'rejoinder_moderator_token', 'rejoinder_claims', 'rejoinder_trouble', 'rejoinder_import', 'rejoinder_mirror' ) as $rejoinder_option ) {
		delete_option( $rejoinder_option );
	}
	foreach ( array( '_rejoinder_sent', '_rejoinder_due', '_rejoinder_fault', '_rejoinder_alert', '_rejoinder_alerts' ) as $rejoinder_meta ) {
		delete_post_meta_by_key( $rejoinder_meta );
	}
	foreach ( array( '_rejoinder_id', '_rejoinder_copy', '_rejoinder_parent', '_rejoinder_decision', '_rejoinder_answer' ) as $rejoinder_meta ) {
		delete_metadata( 'comment', 0, $rejoinder_meta, '', true );
	}
	foreach ( array( 'rejoinder_deliver', 'rejoinder_mirror' ) as $rejoinder_hook ) {
		wp_unschedule_hook( $rejoinder_hook ); // of whichever blog it was active in.
	}
	// Where transients are rows: a cache forgets its own within a day.
	$GLOBALS['wpdb']->query( "delete from {$GLOBALS['wpdb']->options} where option_name like '\\_transient\\_%rejoinder\\_%'" ); // phpcs:ignore WordPress.DB
	delete_transient( 'rejoinder_counts' );
	delete_transient( 'rejoinder_paused' );
	if ( $rejoinder_blog ) {
		restore_current_blog();
	}
}
