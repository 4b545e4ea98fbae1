<?php
/**
 * The other way: what staff decide and answer in WordPress's own list of comments goes to Rejoinder.
 * Decisions need a moderator's token, answers the sign-in secret. What can't be sent stays, and is
 * tried again each minute.
 *
 * @package Rejoinder
 */

namespace Rejoinder;

defined( 'ABSPATH' ) || exit;

const DECISION      = '_rejoinder_decision'; // of a comment: what was decided here, by which user.
const ANSWER        = '_rejoinder_answer'; // of a comment: written here, and not sent yet.
const MOST_DECIDED  = 100;
const MOST_ANSWERED = 20;

const ACTIONS = array(
	'approved'   => 'publish',
	'unapproved' => 'hold',
	'spam'       => 'spam',
	'trash'      => 'reject',
);

add_action( 'transition_comment_status', __NAMESPACE__ . '\\on_decided', 10, 3 );
add_action( 'wp_insert_comment', __NAMESPACE__ . '\\on_answered', 10, 2 );

/**
 * Somebody has decided here. Deleting for good is no decision: WordPress empties its own trash. Nor
 * is what a program does by itself, or an author below their own post: the token is a moderator's.
 *
 * @param string      $new     The state.
 * @param string      $old     The one before.
 * @param \WP_Comment $comment The comment.
 */
function on_decided( $new, $old, $comment ) {
	if ( is_mirroring() || ! is_mirrored() || '' === setting( 'moderator' ) || ! isset( ACTIONS[ $new ] ) || ! may_decide() || ! get_comment_meta( $comment->comment_ID, MIRROR_ID, true ) ) {
		return;
	}
	update_comment_meta( $comment->comment_ID, DECISION, ACTIONS[ $new ] . '.' . wp_rand( 100000, 999999 ) . '.' . get_current_user_id() );
	wake_mirror();
}

/** Whether whoever is at work here moderates; whoever has a shell does. */
function may_decide() {
	return current_user_can( 'moderate_comments' ) || ( defined( 'WP_CLI' ) && WP_CLI );
}

/**
 * A user of the site has answered here, in WordPress's list of comments or in an app.
 *
 * @param int         $id      Its number.
 * @param \WP_Comment $comment The comment.
 */
function on_answered( $id, $comment ) {
	if ( is_mirroring() || ! is_mirrored() || '' === setting( 'secret' ) || ! $comment->user_id || '1' !== (string) $comment->comment_approved || defined( 'WP_IMPORTING' ) || ! in_array( $comment->comment_type, array( '', 'comment' ), true ) || ! is_ours( $comment->comment_post_ID ) ) {
		return;
	}
	add_comment_meta( $id, ANSWER, '1', true );
	wake_mirror();
}

/** The schedule's next turn is this one's. Beside the one of each minute, which has no argument. */
function wake_mirror() {
	wp_schedule_single_event( time(), MIRROR, array( 'now' ) );
}

/**
 * Send what was decided and answered here.
 *
 * @return \WP_Error|null What went wrong.
 */
function send_back() {
	$fault = '' === setting( 'moderator' ) ? null : send_decisions();
	return $fault || '' === setting( 'secret' ) ? $fault : send_answers();
}

/**
 * Comments that wait.
 *
 * @param string $name DECISION or ANSWER.
 * @param int    $most So many.
 * @return object[] comment_id, meta_value, id: there.
 */
function waiting_comments( $name, $most ) {
	global $wpdb;
	// phpcs:ignore WordPress.DB.DirectDatabaseQuery (a few rows by an indexed name)
	return $wpdb->get_results( $wpdb->prepare( "select w.comment_id, w.meta_value, i.meta_value as id from $wpdb->commentmeta w left join $wpdb->commentmeta i on i.comment_id = w.comment_id and i.meta_key = %s where w.meta_key = %s order by w.meta_id limit %d", MIRROR_ID, $name, $most ) );
}

/**
 * Decisions, all at once.
 *
 * @return \WP_Error|null
 */
function send_decisions() {
	$waiting   = waiting_comments( DECISION, MOST_DECIDED );
	$decisions = array();
	foreach ( $waiting as $row ) {
		list( $action, , $by ) = explode( '.', $row->meta_value . '..' );
		$user     = get_userdata( (int) $by );
		$decision = array(
			'comment_id' => $row->id,
			'action'     => $action,
			'note'       => $user ? 'WordPress: ' . plain( $user->display_name, 80 ) : 'WordPress',
		);
		// Each comment once, or all are refused.
		$decisions[ $row->id ] = 'reject' === $action ? $decision + array( 'reason' => 'other' ) : $decision;
	}
	unset( $decisions[''] );
	$answer = $decisions ? call( 'POST', '/v1/moderation/decisions', array(
		'token' => setting( 'moderator' ),
		'body'  => array( 'decisions' => array_values( $decisions ) ),
	) ) : null;
	if ( is_wp_error( $answer ) ) {
		return $answer;
	}
	foreach ( $waiting as $row ) {
		// Decided once more meanwhile: that one is still to be sent.
		delete_comment_meta( $row->comment_id, DECISION, $row->meta_value );
	}
	return null;
}

/**
 * Answers, under their author's own name; one that is refused stays here alone.
 *
 * @return \WP_Error|null
 */
function send_answers() {
	foreach ( waiting_comments( ANSWER, MOST_ANSWERED ) as $row ) {
		$comment = get_comment( (int) $row->comment_id );
		$user    = $comment ? get_userdata( (int) $comment->user_id ) : false;
		if ( $user && ! $row->id ) {
			$answer = send_answer( $comment, $user );
			if ( is_wp_error( $answer ) && ( is_away( $answer ) || in_array( status_of( $answer ), array( 401, 403 ), true ) ) ) {
				return $answer;
			}
			if ( ! is_wp_error( $answer ) && isset( $answer['data']['comment']['id'] ) ) {
				note_copy( (int) $comment->comment_ID, $answer['data']['comment']['id'] );
			}
		}
		delete_comment_meta( $row->comment_id, ANSWER );
	}
	return null;
}

/**
 * One answer.
 *
 * @param \WP_Comment $comment The comment.
 * @param \WP_User    $user    Who has written it.
 * @return array|\WP_Error
 */
function send_answer( $comment, $user ) {
	$body   = array(
		'name'    => plain( $user->display_name, 80 ),
		'email'   => $user->user_email,
		'body'    => trim( html_entity_decode( wp_strip_all_tags( $comment->comment_content ), ENT_QUOTES, 'UTF-8' ) ),
		'article' => array(
			'url'   => (string) get_permalink( (int) $comment->comment_post_ID ),
			'title' => plain( get_the_title( (int) $comment->comment_post_ID ), 500 ),
		),
	);
	$parent = (string) get_comment_meta( (int) $comment->comment_parent, MIRROR_ID, true );
	if ( (int) $comment->comment_parent && '' !== $parent ) {
		$body['parent_id'] = $parent;
	}
	return call( 'POST', 'articles/' . (int) $comment->comment_post_ID . '/comments', array(
		'token' => token_of( $user ),
		'body'  => $body,
		// Sent twice it is there once.
		'key'   => 'wp-' . md5( home_url() . $comment->comment_ID . $comment->comment_date_gmt ),
	) );
}
