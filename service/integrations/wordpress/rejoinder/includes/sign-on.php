<?php
/**
 * Users of this site write under their own name: a token that says who they are, good for minutes.
 * It is fetched by the page's script and never stands in a page, which a cache might keep and hand
 * to somebody else.
 *
 * @package Rejoinder
 */

namespace Rejoinder;

defined( 'ABSPATH' ) || exit;

const TOKEN_SECONDS = 600;
const CLAIMS        = 'rejoinder_claims'; // iss and aud as the server wants them.

add_action( 'rest_api_init', __NAMESPACE__ . '\\add_token_route' );
add_action( 'wp_enqueue_scripts', __NAMESPACE__ . '\\enqueue_sign_on', 20 );

/** Its nonce keeps other sites' pages from asking: WordPress lets them read with a user's cookies. */
function add_token_route() {
	register_rest_route( 'rejoinder/v1', '/token', array(
		'methods'             => 'GET',
		'callback'            => __NAMESPACE__ . '\\answer_token',
		'permission_callback' => function () {
			return is_user_logged_in() && '' !== setting( 'secret' );
		},
	) );
}

/** A token for whoever asks. */
function answer_token() {
	$answer = new \WP_REST_Response( array( 'token' => token_of( wp_get_current_user() ) ) );
	$answer->header( 'Cache-Control', 'no-store, private' );
	return $answer;
}

/** The script, for users who have signed in. */
function enqueue_sign_on() {
	if ( '' === setting( 'secret' ) || ! is_user_logged_in() || ! is_singular() || ! is_ours( get_queried_object_id() ) ) {
		return;
	}
	$url = add_query_arg( '_wpnonce', wp_create_nonce( 'wp_rest' ), rest_url( 'rejoinder/v1/token' ) );
	wp_enqueue_script( 'rejoinder-sign-on', plugins_url( 'assets/sign-on.js', FILE ), array( 'rejoinder' ), VERSION, true );
	wp_add_inline_script( 'rejoinder-sign-on', 'window.rejoinderToken = ' . wp_json_encode( $url ) . ';', 'before' );
}

/**
 * A JSON Web Token (RFC 7519), signed by HS256.
 *
 * @param \WP_User $user Whom it is about.
 */
function token_of( $user ) {
	$name   = plain( $user->display_name, 80 );
	$claims = array(
		'sub'  => (string) $user->ID,
		'name' => '' !== $name ? $name : __( 'Reader', 'rejoinder' ),
		'iat'  => time(),
		'exp'  => time() + TOKEN_SECONDS,
	);
	if ( is_email( $user->user_email ) ) {
		$claims['email'] = $user->user_email;
	}
	$badge = badge_of( $user );
	if ( '' !== $badge ) {
		$claims['badge'] = $badge;
	}
	$claims += array_filter( (array) get_option( CLAIMS, array() ) );
	$parts   = array( base64url( '{"alg":"HS256","typ":"JWT"}' ), base64url( wp_json_encode( $claims ) ) );
	$signed  = implode( '.', $parts );
	return $signed . '.' . base64url( hash_hmac( 'sha256', $signed, setting( 'secret' ), true ) );
}

/**
 * What stands beside a user's name: of the first of their roles that has something.
 *
 * @param \WP_User $user A user.
 */
function badge_of( $user ) {
	foreach ( setting( 'badges' ) as $role => $badge ) {
		if ( '' !== $badge && in_array( $role, $user->roles, true ) ) {
			return $badge;
		}
	}
	return '';
}

/**
 * As RFC 7515 writes bytes.
 *
 * @param string $bytes Any.
 */
function base64url( $bytes ) {
	return rtrim( strtr( base64_encode( $bytes ), '+/', '-_' ), '=' ); // phpcs:ignore WordPress.PHP.DiscouragedPHPFunctions (the token's own alphabet)
}
