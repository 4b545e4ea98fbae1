<?php
/**
 * The bar that asks readers whether they want alerts, and the worker behind it. A push worker
 * belongs to the site's own origin: it is answered here, by index.php, so that it works with every
 * kind of permalinks, in a subfolder, and where uploads and plugins come from a CDN.
 *
 * @package Rejoinder
 */

namespace Rejoinder;

defined( 'ABSPATH' ) || exit;

const WORKER = '/index.php?rejoinder=push-worker';

add_action( 'init', __NAMESPACE__ . '\\answer_worker', 0 );
add_action( 'wp_footer', __NAMESPACE__ . '\\show_bar' );

/** The element, once a page. */
function show_bar() {
	if ( ! is_configured() || ! setting( 'bar' ) || is_preview() || is_embed() ) {
		return;
	}
	$id      = get_queried_object_id();
	$article = is_singular() && is_ours( $id ) ? sprintf( ' article="%d"', $id ) : '';
	printf(
		'<div class="rejoinder-alerts"><article-alerts site="%s" worker="%s"%s></article-alerts></div>',
		esc_attr( setting( 'site' ) ),
		esc_url( home_url( WORKER ) ),
		$article // phpcs:ignore WordPress.Security.EscapeOutput (a number)
	);
}

/** The worker's file. */
function answer_worker() {
	// phpcs:ignore WordPress.Security.NonceVerification (reads a public file)
	if ( ! isset( $_GET['rejoinder'] ) || 'push-worker' !== $_GET['rejoinder'] || ! is_configured() ) {
		return;
	}
	$file = dirname( FILE ) . '/push-worker.js';
	header( 'Content-Type: text/javascript; charset=utf-8' );
	header( 'Service-Worker-Allowed: /' );
	header( 'X-Content-Type-Options: nosniff' );
	header( 'Cache-Control: max-age=3600' );
	header( 'Content-Length: ' . filesize( $file ) );
	readfile( $file ); // phpcs:ignore WordPress.WP.AlternativeFunctions (a file of this plugin)
	exit;
}
