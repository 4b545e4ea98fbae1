<?php
/**
 * The thread below a post: the element, and inside it the first page as plain HTML, for crawlers
 * and for readers whose browser doesn't run the script. That page is the same for all readers.
 *
 * @package Rejoinder
 */

namespace Rejoinder;

defined( 'ABSPATH' ) || exit;

const THREAD_FRESH = 60; // seconds.
const THREAD_KEPT  = DAY_IN_SECONDS;

// What a comment may hold, whatever a server sends.
const COMMENT_HTML = array(
	'a'          => array(
		'href' => true,
		'rel'  => true,
	),
	'p'          => array(),
	'br'         => array(),
	'em'         => array(),
	'strong'     => array(),
	's'          => array(),
	'del'        => array(),
	'code'       => array(),
	'pre'        => array(),
	'blockquote' => array(),
	'ul'         => array(),
	'ol'         => array( 'start' => true ),
	'li'         => array(),
);

add_filter( 'comments_template', __NAMESPACE__ . '\\replace_template', 20 );
add_filter( 'pre_render_block', __NAMESPACE__ . '\\replace_block', 10, 2 );
add_action( 'wp_enqueue_scripts', __NAMESPACE__ . '\\enqueue_elements' );
add_filter( 'script_loader_tag', __NAMESPACE__ . '\\as_module', 10, 2 );

/**
 * Classic themes: the file that shows the comments.
 *
 * @param string $template The theme's.
 */
function replace_template( $template ) {
	return is_ours( get_the_ID() ) ? dirname( FILE ) . '/templates/comments.php' : $template;
}

/**
 * Block themes: the block of the comments, with all that is inside it.
 *
 * @param string|null $html  What another plugin has put there.
 * @param array       $block The block.
 */
function replace_block( $html, $block ) {
	if ( null !== $html || ! in_array( $block['blockName'], array( 'core/comments', 'core/comments-query-loop', 'core/post-comments' ), true ) ) {
		return $html;
	}
	$id = get_the_ID();
	if ( ! is_ours( $id ) ) {
		return $html;
	}
	return is_shown( $id ) ? thread_html( $id ) : '';
}

/**
 * Whether there is anything to show: a closed thread without a comment has no place on a page.
 *
 * @param int $id A post.
 */
function is_shown( $id ) {
	return comments_open( $id ) || get_comments_number( $id );
}

/** The script of the elements, on every page that has some. */
function enqueue_elements() {
	$thread = is_singular() && is_ours( get_queried_object_id() );
	if ( ! is_configured() || ! ( $thread || setting( 'bar' ) ) ) {
		return;
	}
	// The server says itself for how long its script may be kept: no version.
	wp_enqueue_script( 'rejoinder', setting( 'server' ) . '/embed.js', array(), null, true ); // phpcs:ignore
	wp_enqueue_style( 'rejoinder', plugins_url( 'assets/rejoinder.css', FILE ), array(), VERSION );
}

/**
 * Our scripts are modules.
 *
 * @param string $tag    The script element.
 * @param string $handle Its name here.
 */
function as_module( $tag, $handle ) {
	if ( 'rejoinder' !== $handle && 'rejoinder-sign-on' !== $handle ) {
		return $tag;
	}
	return str_replace( '<script ', '<script type="module" ', str_replace( array( " type='text/javascript'", ' type="text/javascript"' ), '', $tag ) );
}

/**
 * The whole of it.
 *
 * @param int $id A post.
 */
function thread_html( $id ) {
	$attributes = sprintf( 'site="%s" article="%d"', esc_attr( setting( 'site' ) ), $id );
	if ( '' !== setting( 'secret' ) ) {
		$attributes .= sprintf( ' sign-in="%s"', esc_url( wp_login_url( (string) get_permalink( $id ) ) ) );
	}
	// Links of themes and feeds lead to #comments and #respond.
	return '<div id="comments" class="comments-area default-max-width rejoinder-comments"><span id="respond"></span>'
		. "<reader-comments $attributes>" . page_html( $id ) . '</reader-comments></div>';
}

/**
 * The first page of a thread as plain HTML.
 *
 * @param int $id A post.
 */
function page_html( $id ) {
	$page  = thread_page( $id );
	$where = add_query_arg( 'url', rawurlencode( (string) get_permalink( $id ) ), setting( 'server' ) . '/sites/' . rawurlencode( setting( 'site' ) ) . "/articles/$id" );
	$html  = '';
	$more  = word( 'write' );
	if ( null === $page ) {
		$html .= '<p class="rejoinder-away">' . esc_html( word( 'away' ) ) . '</p>';
	} elseif ( $page['items'] ) {
		$html .= '<h2 class="comments-title">' . esc_html( word( 'replies' ) . ' (' . number_format_i18n( $page['count'] ) . ')' ) . '</h2><ol class="comment-list">';
		$html .= implode( '', array_map( __NAMESPACE__ . '\\comment_html', $page['items'] ) ) . '</ol>';
		$more  = word( 'whole' );
	}
	$html .= sprintf( '<p class="rejoinder-more"><a rel="nofollow" href="%s">%s</a></p>', esc_url( $where ), esc_html( $more ) );
	return $html;
}

/**
 * What readers are told, in the language of the site; in English where the elements don't speak it.
 *
 * @param string $name Which of the texts of words.json.
 */
function word( $name ) {
	static $words = null;
	if ( null === $words ) {
		// phpcs:ignore WordPress.WP.AlternativeFunctions (a file of this plugin)
		$words = json_decode( (string) file_get_contents( dirname( FILE ) . '/words.json' ), true );
	}
	$lang = strtolower( substr( determine_locale(), 0, 2 ) );
	return isset( $words[ $lang ][ $name ] ) ? $words[ $lang ][ $name ] : $words['en'][ $name ];
}

/**
 * One comment with its first replies.
 *
 * @param array $comment As the server tells it.
 */
function comment_html( $comment ) {
	if ( ! is_comment( $comment ) ) {
		return '';
	}
	$id      = $comment['id'];
	$time    = (int) strtotime( $comment['created_at'] );
	$format  = get_option( 'date_format' ) . ' ' . get_option( 'time_format' );
	$badge   = isset( $comment['author']['badge'] ) && is_string( $comment['author']['badge'] ) ? ' <span class="rejoinder-badge">' . esc_html( $comment['author']['badge'] ) . '</span>' : '';
	$replies = isset( $comment['replies'] ) ? array_map( __NAMESPACE__ . '\\comment_html', (array) $comment['replies'] ) : array();
	return sprintf(
		'<li class="comment"><article id="comment-%1$s" class="comment-body"><footer class="comment-meta"><b class="fn">%2$s</b>%3$s <a href="#comment-%1$s"><time datetime="%4$s">%5$s</time></a></footer><div class="comment-content">%6$s</div></article>%7$s</li>',
		esc_attr( $id ),
		esc_html( $comment['author']['name'] ),
		$badge,
		esc_attr( gmdate( 'c', $time ) ),
		esc_html( wp_date( $format, $time ) ),
		'published' === $comment['status'] ? wp_kses( $comment['html'], COMMENT_HTML, array( 'http', 'https' ) ) : '<p>' . esc_html( word( 'removed' ) ) . '</p>',
		$replies ? '<ol class="children">' . implode( '', $replies ) . '</ol>' : ''
	);
}

/**
 * Whether what a server has sent is a comment: whatever it is instead, a page must not break by it.
 *
 * @param mixed $comment What was sent.
 */
function is_comment( $comment ) {
	foreach ( array( 'id', 'html', 'created_at', 'status' ) as $name ) {
		if ( ! is_array( $comment ) || ! isset( $comment[ $name ] ) || ! is_string( $comment[ $name ] ) ) {
			return false;
		}
	}
	return wp_is_uuid( $comment['id'] ) && isset( $comment['author']['name'] ) && is_string( $comment['author']['name'] );
}

/**
 * The first page of a thread, at most a minute old while the server answers, a day while it doesn't.
 *
 * @param int $id A post.
 * @return array|null `items` and `count`; null where nothing is known.
 */
function thread_page( $id ) {
	$name = "rejoinder_thread_$id";
	$kept = get_transient( $name );
	$kept = is_array( $kept ) ? $kept : null;
	if ( $kept && $kept['at'] > time() - THREAD_FRESH ) {
		return $kept;
	}
	if ( $kept ) {
		// One page asks; those that come meanwhile show what there is.
		set_transient( $name, array( 'at' => time() ) + $kept, THREAD_KEPT );
	}
	$path   = "articles/$id/comments?limit=20&url=" . rawurlencode( (string) get_permalink( $id ) );
	$answer = ask_for_page( $path, array( 'etag' => $kept ? $kept['etag'] : '' ) );
	if ( is_wp_error( $answer ) || ( 304 !== $answer['status'] && ! ( isset( $answer['data']['items'], $answer['data']['count'] ) && is_array( $answer['data']['items'] ) && is_int( $answer['data']['count'] ) ) ) ) {
		return $kept;
	}
	if ( 304 === $answer['status'] && $kept ) {
		return $kept;
	}
	$page = array(
		'at'    => time(),
		'etag'  => $answer['etag'],
		'items' => array_filter( $answer['data']['items'], __NAMESPACE__ . '\\is_comment' ),
		'count' => $answer['data']['count'],
	);
	set_transient( $name, $page, THREAD_KEPT );
	return $page;
}
