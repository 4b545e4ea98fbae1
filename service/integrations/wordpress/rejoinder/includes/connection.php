<?php
/**
 * Trying the settings, and saying what is wrong with which of them.
 *
 * @package Rejoinder
 */

namespace Rejoinder;

defined( 'ABSPATH' ) || exit;

/**
 * Ask the server about these settings.
 *
 * @return array[] `good` and `text`, the first what matters most.
 */
function try_connection() {
	if ( ! is_configured() ) {
		return array( finding( false, __( 'The server’s address is missing.', 'rejoinder' ) ) );
	}
	delete_transient( PAUSED );
	if ( '' === setting( 'key' ) ) {
		return array( finding( false, __( 'The publisher’s key is missing: without it comments work, and no article is registered or alerted. Make one with:', 'rejoinder' ) . ' ' . key_command() ) );
	}
	$answer = call( 'GET', 'connection' );
	if ( is_wp_error( $answer ) ) {
		return array( finding( false, why_refused( $answer ) ) );
	}
	$told = $answer['data'];
	if ( ! isset( $told['name'], $told['origins'], $told['release'], $told['sign_in'] ) || ! is_string( $told['name'] ) || ! is_string( $told['release'] ) || ! is_array( $told['origins'] ) || ! is_array( $told['sign_in'] ) ) {
		return array( finding( false, __( 'Something answers there, but not as Rejoinder does.', 'rejoinder' ) ) );
	}
	note_claims( $told['sign_in'] );
	$wrong = array_filter( array_merge(
		array( wrong_origin( $told['origins'] ), wrong_scheme(), wrong_release( $told['release'] ), wrong_clock( $answer['date'] ) ),
		array( wrong_sign_in( $told['sign_in'] ), wrong_moderator() )
	) );
	$texts = array();
	foreach ( $wrong as $text ) {
		$texts[] = finding( false, $text );
	}
	/* translators: 1: name of the site, 2: version of the server */
	$good = sprintf( __( 'Connected to “%1$s”, Rejoinder %2$s.', 'rejoinder' ), $told['name'], $told['release'] );
	return array_merge( $texts, array( finding( true, $good ) ) );
}

/**
 * One line of the result.
 *
 * @param bool   $good Whether all is well.
 * @param string $text What is said.
 */
function finding( $good, $text ) {
	return array(
		'good' => $good,
		'text' => $text,
	);
}

/** What makes a publisher's key, on the server. */
function key_command() {
	return 'rejoinder keys create --site ' . setting( 'site' ) . ' --scope publish';
}

/** What makes a sign-in secret there. */
function secret_command() {
	return 'rejoinder sites sign-in ' . setting( 'site' ) . ' --new-secret';
}

/**
 * What is wrong where the server gives no answer that is one.
 *
 * @param \WP_Error $error From call().
 */
function why_refused( $error ) {
	$data = $error->get_error_data();
	if ( 401 === $data['status'] ) {
		return __( 'The server doesn’t know this publisher’s key. Make one with:', 'rejoinder' ) . ' ' . key_command();
	}
	if ( 403 === $data['status'] ) {
		/* translators: %s: what the server said */
		return sprintf( __( 'The server knows the key, and refuses it: %s', 'rejoinder' ), $error->get_error_message() );
	}
	if ( 404 === $data['status'] ) {
		// Every release answers this where the site is there.
		$push = call( 'GET', 'push', array( 'token' => '' ) );
		if ( ! is_wp_error( $push ) ) {
			return __( 'The server’s Rejoinder is too old for this plugin: update it.', 'rejoinder' );
		}
		if ( ! empty( $data['problem'] ) ) {
			/* translators: %s: a site's short name */
			return sprintf( __( 'The server has no site “%s”. Its sites: rejoinder sites list', 'rejoinder' ), setting( 'site' ) );
		}
		return __( 'There is no Rejoinder at this address (HTTP status 404). Does a path belong to it, as in https://courier.example/rejoinder?', 'rejoinder' );
	}
	return $error->get_error_message();
}

/**
 * Readers' browsers may only write from the site's origins.
 *
 * @param string[] $origins What the server knows.
 */
function wrong_origin( $origins ) {
	$parts  = wp_parse_url( home_url() );
	$origin = strtolower( $parts['scheme'] . '://' . $parts['host'] ) . ( isset( $parts['port'] ) ? ':' . $parts['port'] : '' );
	if ( in_array( $origin, (array) $origins, true ) ) {
		return '';
	}
	$all = implode( ' ', array_map( function ( $one ) {
		return "--origin $one";
	}, array_merge( (array) $origins, array( $origin ) ) ) );
	/* translators: 1: this site's origin, 2: a command */
	return sprintf( __( 'Readers can’t write: %1$s is none of the site’s origins. Add it at the desk, or with: %2$s', 'rejoinder' ), $origin, 'rejoinder sites edit ' . setting( 'site' ) . " $all" );
}

/** Browsers load nothing by http into a page that came by https. */
function wrong_scheme() {
	$mixed = 'https' === wp_parse_url( home_url(), PHP_URL_SCHEME ) && 'https' !== wp_parse_url( setting( 'server' ), PHP_URL_SCHEME );
	return $mixed ? __( 'This site is on https and the server’s address isn’t: browsers will load nothing from it.', 'rejoinder' ) : '';
}

/**
 * A server that is older than this plugin.
 *
 * @param string $release What it runs.
 */
function wrong_release( $release ) {
	/* translators: 1: version of the server, 2: version of the plugin */
	$text = __( 'The server runs Rejoinder %1$s, which is older than this plugin (%2$s): update it.', 'rejoinder' );
	return version_compare( $release, VERSION, '<' ) ? sprintf( $text, $release, VERSION ) : '';
}

/**
 * Tokens of a clock that is wrong are refused.
 *
 * @param string $date The server's, as HTTP writes it.
 */
function wrong_clock( $date ) {
	$off = '' === $date ? 0 : abs( time() - (int) strtotime( $date ) );
	/* translators: %d: seconds */
	return $off > 60 ? sprintf( __( 'The clocks of this machine and of the server differ by %d seconds.', 'rejoinder' ), $off ) : '';
}

/**
 * Whether the server will believe tokens from here; tried with one.
 *
 * @param array $sign_in What it says of them.
 */
function wrong_sign_in( $sign_in ) {
	if ( '' === setting( 'secret' ) ) {
		return empty( $sign_in['required'] ) ? '' : __( 'The site takes comments of signed-in readers only, and there is no sign-in secret here: nobody can write.', 'rejoinder' );
	}
	if ( empty( $sign_in['on'] ) ) {
		return __( 'The server knows no sign-in secret for this site. Make one with:', 'rejoinder' ) . ' ' . secret_command();
	}
	$answer = call( 'GET', 'reader', array( 'token' => token_of( wp_get_current_user() ) ) );
	return is_wp_error( $answer ) ? __( 'The server doesn’t believe the sign-in secret: it must be the one that Rejoinder has.', 'rejoinder' ) : '';
}

/** Whether decisions will be taken from here; asked for one comment of the queue. */
function wrong_moderator() {
	if ( '' === setting( 'moderator' ) ) {
		return '';
	}
	$answer = call( 'GET', '/v1/moderation/queue?view=held&limit=1&site=' . rawurlencode( setting( 'site' ) ), array( 'token' => setting( 'moderator' ) ) );
	/* translators: %s: what the server said */
	return is_wp_error( $answer ) ? sprintf( __( 'The server doesn’t take the moderator’s token: %s', 'rejoinder' ), $answer->get_error_message() ) : '';
}

/**
 * Remember what tokens must say.
 *
 * @param array $sign_in What the server says of them.
 */
function note_claims( $sign_in ) {
	update_option( CLAIMS, array(
		'iss' => isset( $sign_in['issuer'] ) ? (string) $sign_in['issuer'] : '',
		'aud' => isset( $sign_in['audience'] ) ? (string) $sign_in['audience'] : '',
	), true );
}
