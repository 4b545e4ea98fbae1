<?php
/**
 * What editors are told where the server couldn't be told of their posts.
 *
 * @package Rejoinder
 */

namespace Rejoinder;

defined( 'ABSPATH' ) || exit;

add_action( 'admin_notices', __NAMESPACE__ . '\\show_notice' );
add_action( 'admin_init', __NAMESPACE__ . '\\suggest_privacy_text' );
add_action( 'admin_post_rejoinder_retry', __NAMESPACE__ . '\\retry_now' );

/** One line above the page, for whoever may publish. */
function show_notice() {
	if ( ! current_user_can( 'publish_posts' ) ) {
		return;
	}
	if ( ! is_configured() && current_user_can( 'manage_options' ) && 'plugins' === get_current_screen()->id ) {
		/* translators: %s: address of the settings page */
		$text = __( 'Rejoinder needs to know your server: <a href="%s">settings</a>.', 'rejoinder' );
		echo '<div class="notice notice-info"><p>' . wp_kses( sprintf( $text, esc_url( settings_url() ) ), array( 'a' => array( 'href' => true ) ) ) . '</p></div>';
	}
	if ( is_elsewhere() && current_user_can( 'manage_options' ) ) {
		/* translators: 1: this site's address, 2: another one, 3: address of the settings page */
		$text = __( 'Rejoinder is told nothing from here: its settings were saved for %2$s, and this is %1$s. If the site has moved, <a href="%3$s">save them once more</a>; if this is a copy, all is well.', 'rejoinder' );
		echo '<div class="notice notice-warning"><p>' . wp_kses( sprintf( $text, esc_html( home_without_scheme() ), esc_html( setting( 'home' ) ), esc_url( settings_url() ) ), array( 'a' => array( 'href' => true ) ) ) . '</p></div>';
	}
	$text = trouble_text();
	if ( '' !== $text ) {
		$retry = wp_nonce_url( admin_url( 'admin-post.php?action=rejoinder_retry' ), 'rejoinder_retry' );
		printf(
			'<div class="notice notice-warning"><p>%s <a href="%s">%s</a></p></div>',
			esc_html( $text ),
			esc_url( $retry ),
			esc_html__( 'Try now', 'rejoinder' )
		);
	}
}

/** What is wrong; empty where nothing is. */
function trouble_text() {
	global $wpdb;
	$trouble = get_option( TROUBLE );
	if ( is_array( $trouble ) ) {
		$when    = wp_date( get_option( 'time_format' ), $trouble['next'] );
		$waiting = count( due_posts( 1000 ) );
		/* translators: 1: number of articles, 2: what happened, 3: a time */
		$text = _n( 'Rejoinder: %1$s article waits to be registered. %2$s. The next try is at %3$s.', 'Rejoinder: %1$s articles wait to be registered. %2$s. The next try is at %3$s.', $waiting, 'rejoinder' );
		return sprintf( $text, number_format_i18n( $waiting ), rtrim( $trouble['message'], '.' ), $when );
	}
	// phpcs:ignore WordPress.DB.DirectDatabaseQuery (a few rows by an indexed name)
	$faults = $wpdb->get_results( $wpdb->prepare( "select post_id, meta_value from $wpdb->postmeta where meta_key = %s order by post_id desc limit 100", FAULT ) );
	if ( ! $faults ) {
		return '';
	}
	/* translators: 1: number of articles, 2: title of one of them, 3: what the server said */
	$text = _n( 'Rejoinder has refused %1$s article: “%2$s”: %3$s', 'Rejoinder has refused %1$s articles, the newest “%2$s”: %3$s', count( $faults ), 'rejoinder' );
	return sprintf( $text, number_format_i18n( count( $faults ) ), get_the_title( $faults[0]->post_id ), $faults[0]->meta_value );
}

/** Everything that waits is due now. */
function retry_now() {
	global $wpdb;
	check_admin_referer( 'rejoinder_retry' );
	if ( ! current_user_can( 'publish_posts' ) ) {
		wp_die( esc_html__( 'You may not do this.', 'rejoinder' ), '', array( 'response' => 403 ) );
	}
	// phpcs:ignore WordPress.DB.DirectDatabaseQuery (as above)
	foreach ( $wpdb->get_col( $wpdb->prepare( "select post_id from $wpdb->postmeta where meta_key = %s", DUE ) ) as $id ) {
		make_due( (int) $id );
	}
	deliver();
	wp_safe_redirect( wp_get_referer() ? wp_get_referer() : admin_url() );
	exit;
}

/** What a site may say of this in its privacy policy; WordPress shows it where one is written. */
function suggest_privacy_text() {
	$text = __( 'Comments, names and e-mail addresses of those who comment, and which browsers want alerts, are kept by our own Rejoinder and by no third party. E-mail addresses are not published. No cookies are set for it.', 'rejoinder' );
	wp_add_privacy_policy_content( 'Rejoinder', '<p>' . esc_html( $text ) . '</p>' );
}
