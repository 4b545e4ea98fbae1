<?php
/**
 * Speaking to the server. A failure is a WP_Error whose data has `status` (0: no answer at all).
 *
 * @package Rejoinder
 */

namespace Rejoinder;

defined( 'ABSPATH' ) || exit;

const PAGE_SECONDS = 1; // that a page may wait.
const REST_SECONDS = 5; // that what runs after the answer may.
const PAUSE        = 60; // seconds for which no page asks a server that has failed.
const PAUSED       = 'rejoinder_paused';
const LARGEST      = 2097152;

// Old texts needn't be UTF-8, and a number of bytes is all that a batch may have.
const JSON_FLAGS = JSON_INVALID_UTF8_SUBSTITUTE | JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES;

/**
 * Call the server's API.
 *
 * @param string $method  GET, PUT, POST or DELETE.
 * @param string $path    Below /v1/sites/{site}/, or with a slash at its beginning the whole of it.
 * @param array  $options `body` (becomes JSON), `token` (else the publisher's key is sent, unless
 *                        empty), `seconds`, `etag`, `key` (what makes sending it twice harmless).
 * @return array|\WP_Error `status`, `data` (decoded JSON), `etag`, `date`.
 */
function call( $method, $path, $options = array() ) {
	$token   = isset( $options['token'] ) ? $options['token'] : setting( 'key' );
	$headers = array( 'Accept' => 'application/json' );
	if ( '' !== $token ) {
		$headers['Authorization'] = 'Bearer ' . $token;
	}
	if ( isset( $options['body'] ) ) {
		$headers['Content-Type'] = 'application/json';
	}
	if ( ! empty( $options['etag'] ) ) {
		$headers['If-None-Match'] = $options['etag'];
	}
	if ( isset( $options['key'] ) ) {
		$headers['Idempotency-Key'] = $options['key'];
	}
	$path   = '/' === $path[0] ? $path : '/v1/sites/' . rawurlencode( setting( 'site' ) ) . '/' . $path;
	$answer = wp_remote_request(
		setting( 'server' ) . $path,
		array(
			'method'              => $method,
			'timeout'             => isset( $options['seconds'] ) ? $options['seconds'] : REST_SECONDS,
			'redirection'         => 0,
			'headers'             => $headers,
			'body'                => isset( $options['body'] ) ? wp_json_encode( $options['body'], JSON_FLAGS ) : null,
			'user-agent'          => 'Rejoinder for WordPress/' . VERSION,
			'limit_response_size' => LARGEST,
		)
	);
	return is_wp_error( $answer ) ? no_answer( $answer ) : read_answer( $answer );
}

/**
 * What WordPress says where nothing came back.
 *
 * @param \WP_Error $error Its own.
 */
function no_answer( $error ) {
	/* translators: %s: what the network said */
	$text = sprintf( __( 'The server doesn’t answer: %s', 'rejoinder' ), $error->get_error_message() );
	return new \WP_Error( 'rejoinder_unreachable', $text, array( 'status' => 0 ) );
}

/**
 * An answer as call() returns it.
 *
 * @param array $answer WordPress's.
 * @return array|\WP_Error
 */
function read_answer( $answer ) {
	$status = (int) wp_remote_retrieve_response_code( $answer );
	$data   = json_decode( wp_remote_retrieve_body( $answer ), true );
	if ( $status >= 200 && $status < 300 || 304 === $status ) {
		return array(
			'status' => $status,
			'data'   => is_array( $data ) ? $data : array(),
			'etag'   => (string) wp_remote_retrieve_header( $answer, 'etag' ),
			'date'   => (string) wp_remote_retrieve_header( $answer, 'date' ),
		);
	}
	$problem = isset( $data['type'], $data['detail'] ) && is_string( $data['detail'] ) ? $data['detail'] : '';
	/* translators: %d: a status of HTTP */
	$text = '' !== $problem ? $problem : sprintf( __( 'The server answers with HTTP status %d, not as Rejoinder does.', 'rejoinder' ), $status );
	return new \WP_Error( 'rejoinder_refused', $text, array(
		'status'      => $status,
		'problem'     => '' !== $problem,
		'retry_after' => (int) wp_remote_retrieve_header( $answer, 'retry-after' ),
	) );
}

/**
 * The status of a failure; 0 where there was no answer.
 *
 * @param \WP_Error $error From call().
 */
function status_of( $error ) {
	$data = $error->get_error_data();
	return isset( $data['status'] ) ? (int) $data['status'] : 0;
}

/**
 * Whether it is the server that has failed, and not this one request.
 *
 * @param \WP_Error $error From call().
 */
function is_away( $error ) {
	$status = status_of( $error );
	return 0 === $status || 429 === $status || $status >= 500;
}

/**
 * Ask on behalf of a page that somebody waits for: for a second, and after a failure not again
 * within a minute.
 *
 * @param string $path As in call().
 * @param array  $more Further options.
 * @return array|\WP_Error
 */
function ask_for_page( $path, $more = array() ) {
	static $failed = false; // A cache needn't keep what it is given.
	if ( $failed || get_transient( PAUSED ) ) {
		return new \WP_Error( 'rejoinder_paused', __( 'The server has just failed.', 'rejoinder' ), array( 'status' => 0 ) );
	}
	$options = array(
		'token'   => '',
		'seconds' => PAGE_SECONDS,
	);
	$answer  = call( 'GET', $path, $more + $options );
	if ( is_wp_error( $answer ) && is_away( $answer ) ) {
		$failed = true;
		set_transient( PAUSED, 1, PAUSE );
	}
	return $answer;
}
