<?php
/**
 * The import on the page of the settings: a button, a bar, and what became of it.
 *
 * @package Rejoinder
 */

namespace Rejoinder;

defined( 'ABSPATH' ) || exit;

add_action( 'rest_api_init', __NAMESPACE__ . '\\add_import_route' );
add_action( 'admin_enqueue_scripts', __NAMESPACE__ . '\\enqueue_import' );

/** Each call sends one batch. */
function add_import_route() {
	register_rest_route( 'rejoinder/v1', '/import', array(
		'methods'             => 'POST',
		'args'                => array( 'begin' => array( 'type' => 'boolean' ) ),
		'callback'            => __NAMESPACE__ . '\\answer_import',
		'permission_callback' => function () {
			return current_user_can( 'manage_options' ) && may_publish();
		},
	) );
}

/**
 * Send a batch, and tell how far it has come.
 *
 * @param \WP_REST_Request $request `begin`: from the first comment on.
 */
function answer_import( $request ) {
	if ( $request['begin'] ) {
		begin_import();
	}
	$state = import_next();
	if ( ! is_wp_error( $state ) ) {
		return import_told( $state );
	}
	$data = $state->get_error_data();
	// Another import is at work, too much at once, or the server is away: the same again, later.
	$again = is_away( $state ) || 409 === $data['status'];
	return import_told( import_state() ) + array(
		'failed' => $state->get_error_message(),
		'wait'   => $again ? max( 5, isset( $data['retry_after'] ) ? (int) $data['retry_after'] : 0 ) : 0,
	);
}

/**
 * The state as the page shows it.
 *
 * @param array $state From import_state().
 */
function import_told( $state ) {
	$comments = max( $state['total'], $state['sent'] + count( $state['waiting'] ) );
	return array(
		'phase'  => $state['phase'],
		'done'   => 'posts' === $state['phase'] ? $state['posts'] : $state['posts_total'] + $state['sent'],
		'total'  => max( $state['posts_total'], $state['posts'] ) + $comments,
		'text'   => import_text( $state ),
		'faults' => array_map( __NAMESPACE__ . '\\fault_told', $state['faults'] ),
	);
}

/**
 * What was refused, and where it can be mended.
 *
 * @param array $fault Its number, `post` or why it was refused as a comment, what that was about.
 * @return string[] A text and an address.
 */
function fault_told( $fault ) {
	list( $id, $reason, $detail ) = $fault;
	if ( 'post' === $reason ) {
		/* translators: 1: title of a post, 2: what the server said */
		return array( sprintf( __( 'Post “%1$s”: %2$s', 'rejoinder' ), plain( get_the_title( $id ), 100 ), $detail ), (string) get_edit_post_link( $id, 'raw' ) );
	}
	/* translators: 1: number of a comment, 2: why it was refused */
	return array( sprintf( __( 'Comment %1$d: %2$s', 'rejoinder' ), $id, fault_text( $reason, $detail ) ), admin_url( 'comment.php?action=editcomment&c=' . $id ) );
}

/**
 * Why a comment was refused, in a sentence.
 *
 * @param string $reason The server's word for it.
 * @param string $detail What it was about.
 */
function fault_text( $reason, $detail ) {
	$texts = array(
		'empty'           => __( 'nothing of it can be seen.', 'rejoinder' ),
		'too_long'        => __( 'it is longer than 65,535 characters.', 'rejoinder' ),
		'unknown_article' => __( 'its post isn’t there any more.', 'rejoinder' ),
		'other_site'      => __( 'the address of its post is on none of the site’s origins.', 'rejoinder' ),
		'other_page'      => __( 'the server has a comment of this number below another post: of another blog?', 'rejoinder' ),
		'no_date'         => __( 'neither it nor anything beside it has a date.', 'rejoinder' ),
	);
	return isset( $texts[ $reason ] ) ? $texts[ $reason ] : trim( "$reason $detail" );
}

/**
 * How far it has come, in a sentence.
 *
 * @param array $state From import_state().
 */
function import_text( $state ) {
	if ( '' === $state['phase'] ) {
		return '';
	}
	$counts = array_map( 'number_format_i18n', array( $state['posts'], $state['posts_total'], $state['stored'], $state['already'], $state['refused'], $state['sent'], $state['total'] ) );
	if ( 'posts' === $state['phase'] ) {
		/* translators: 1: posts sent, 2: all posts */
		return vsprintf( __( '%1$s of %2$s posts.', 'rejoinder' ), $counts );
	}
	if ( 'done' === $state['phase'] ) {
		/* translators: 1: posts, 3: comments stored, 4: already there, 5: refused */
		return vsprintf( __( 'Done: %1$s posts registered; %3$s comments brought over, %4$s were there already, %5$s refused.', 'rejoinder' ), $counts );
	}
	/* translators: 6: comments sent, 7: all comments */
	return vsprintf( __( '%6$s of %7$s comments.', 'rejoinder' ), $counts );
}

/** The section of the page. */
function show_import() {
	if ( ! may_publish() ) {
		return;
	}
	$state = import_state();
	$told  = import_told( $state );
	$begun = in_array( $state['phase'], array( 'posts', 'walk', 'rest' ), true );
	echo '<h2>' . esc_html__( 'The posts and comments so far', 'rejoinder' ) . '</h2><div id="rejoinder-import">';
	echo '<p>' . esc_html__( 'Tells the server of every published post, and brings WordPress’s own comments over, with their threads, dates and states. Nothing here is changed, nobody is alerted or notified, and comments that are over there already are skipped. Keep this page open meanwhile; it goes on where it ended.', 'rejoinder' ) . '</p>';
	printf( '<p><progress max="%d" value="%d" aria-label="%s"%s></progress> <span>%s</span></p>', (int) max( 1, $told['total'] ), (int) $told['done'], esc_attr__( 'Import', 'rejoinder' ), '' === $state['phase'] ? ' hidden' : '', esc_html( $told['text'] ) );
	echo '<p class="screen-reader-text" role="status"></p><ul class="ul-disc">';
	foreach ( $told['faults'] as $fault ) {
		printf( '<li><a href="%s">%s</a></li>', esc_url( $fault[1] ), esc_html( $fault[0] ) );
	}
	echo '</ul><p>';
	printf( '<button type="button" class="button" name="go"%s>%s</button></p></div>', $begun ? ' data-begun' : '', esc_html( $begun ? __( 'Go on', 'rejoinder' ) : __( 'Bring posts and comments over', 'rejoinder' ) ) );
}

/**
 * The script and the looks, on that page.
 *
 * @param string $page Which one.
 */
function enqueue_import( $page ) {
	if ( 'settings_page_' . OPTION === $page ) {
		wp_enqueue_script( 'rejoinder-import', plugins_url( 'assets/import.js', FILE ), array( 'wp-api-fetch', 'wp-i18n' ), VERSION, true );
		wp_set_script_translations( 'rejoinder-import', 'rejoinder' );
		wp_enqueue_style( 'rejoinder-admin', plugins_url( 'assets/admin.css', FILE ), array(), VERSION );
	}
}
