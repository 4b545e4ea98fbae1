<?php
/**
 * The settings: what they are, where they are kept, and what they may be.
 *
 * A constant of wp-config.php goes before what is stored: see CONSTANTS.
 *
 * @package Rejoinder
 */

namespace Rejoinder;

defined( 'ABSPATH' ) || exit;

const OPTION  = 'rejoinder';
const SECRETS = array(
	'key'       => 'rejoinder_key',
	'secret'    => 'rejoinder_sign_in_secret',
	'moderator' => 'rejoinder_moderator_token',
);

const DEFAULTS = array(
	'server'        => '',
	'site'          => 'default',
	'home'          => '',
	'types'         => array( 'post' ),
	'share'         => false,
	'support'       => false,
	'bar'           => true,
	'alert_default' => false,
	'mirror'        => false,
	'badges'        => array(
		'administrator' => 'Staff',
		'editor'        => 'Staff',
		'author'        => 'Author',
	),
);

const CONSTANTS = array(
	'server'    => 'REJOINDER_SERVER',
	'site'      => 'REJOINDER_SITE',
	'key'       => 'REJOINDER_PUBLISHER_KEY',
	'secret'    => 'REJOINDER_SIGN_IN_SECRET',
	'moderator' => 'REJOINDER_MODERATOR_TOKEN',
);

add_action( 'admin_init', __NAMESPACE__ . '\\add_secret_options' );
add_action( 'admin_init', __NAMESPACE__ . '\\register_settings' );
add_action( 'update_option_' . OPTION, __NAMESPACE__ . '\\on_moved', 10, 2 );

/**
 * One setting.
 *
 * @param string $name A key of DEFAULTS or SECRETS.
 * @return mixed
 */
function setting( $name ) {
	if ( is_fixed( $name ) ) {
		$given = (string) constant( CONSTANTS[ $name ] );
		return 'server' === $name ? untrailingslashit( $given ) : $given;
	}
	if ( isset( SECRETS[ $name ] ) ) {
		return (string) get_option( SECRETS[ $name ], '' );
	}
	$stored = get_option( OPTION, array() );
	return is_array( $stored ) && isset( $stored[ $name ] ) ? $stored[ $name ] : DEFAULTS[ $name ];
}

/**
 * Whether wp-config.php decides.
 *
 * @param string $name As in setting().
 */
function is_fixed( $name ) {
	return isset( CONSTANTS[ $name ] ) && defined( CONSTANTS[ $name ] );
}

/** Whether there is a server to speak of. */
function is_configured() {
	return '' !== setting( 'server' ) && '' !== setting( 'site' );
}

/** Whether the server takes articles and alerts from here. */
function may_publish() {
	return is_configured() && '' !== setting( 'key' ) && ! is_elsewhere();
}

/**
 * Whether this is a copy of the site for which the settings were saved: a copy to try things in must
 * not tell readers of the site itself anything.
 */
function is_elsewhere() {
	return '' !== setting( 'home' ) && setting( 'home' ) !== home_without_scheme();
}

/**
 * Where this site is; http or https is the same one. Not home_url(), to which plugins for several
 * languages add the one of the page.
 */
function home_without_scheme() {
	return preg_replace( '#^https?://#', '', untrailingslashit( (string) get_option( 'home' ) ) );
}

/** Secrets aren't loaded with every page: an option that is first updated would be. */
function add_secret_options() {
	foreach ( SECRETS as $option ) {
		add_option( $option, '', '', 'no' );
	}
}

/** Tell WordPress which options its settings form may write, and what checks them. */
function register_settings() {
	register_setting( OPTION, OPTION, array( 'sanitize_callback' => __NAMESPACE__ . '\\checked_settings' ) );
	foreach ( SECRETS as $name => $option ) {
		$check = function ( $given ) use ( $name ) {
			return checked_secret( $name, $given );
		};
		register_setting( OPTION, $option, array( 'sanitize_callback' => $check ) );
	}
}

/**
 * What of a sent form becomes the settings. What can't be right is told, and leaves the old value.
 *
 * @param mixed $given The form's fields.
 * @return array
 */
function checked_settings( $given ) {
	$given = is_array( $given ) ? $given : array();
	$old   = get_option( OPTION, array() );
	$old   = array_merge( DEFAULTS, is_array( $old ) ? $old : array() );
	$types = isset( $given['types'] ) ? array_map( 'sanitize_key', (array) $given['types'] ) : array();
	return array(
		'server'        => isset( $given['server'] ) ? checked_server( $given['server'], $old['server'] ) : $old['server'],
		'site'          => isset( $given['site'] ) ? checked_site( $given['site'], $old['site'] ) : $old['site'],
		'home'          => home_without_scheme(),
		'types'         => array_values( array_intersect( $types, array_keys( possible_types() ) ) ),
		'share'         => ! empty( $given['share'] ),
		'support'       => ! empty( $given['support'] ),
		'bar'           => ! empty( $given['bar'] ),
		'alert_default' => ! empty( $given['alert_default'] ),
		'mirror'        => ! empty( $given['mirror'] ),
		'badges'        => checked_badges( isset( $given['badges'] ) ? $given['badges'] : array() ),
	);
}

/**
 * The settings were saved at another address than before: the site has moved, and every post with it.
 * Another server or another site there knows none of the posts, and the copy begins anew.
 *
 * @param mixed $old The settings before.
 * @param mixed $new The settings now.
 */
function on_moved( $old, $new ) {
	$moved = array();
	foreach ( array( 'home', 'server', 'site' ) as $name ) {
		if ( ! empty( $old[ $name ] ) && isset( $new[ $name ] ) && $old[ $name ] !== $new[ $name ] ) {
			$moved[] = $name;
		}
	}
	if ( array_diff( $moved, array( 'home' ) ) ) {
		delete_option( MIRROR );
		delete_option( TROUBLE );
		delete_transient( COUNTS );
		delete_transient( PAUSED );
	}
	if ( $moved ) {
		all_due();
	}
}

/**
 * An address without query and without a slash at its end.
 *
 * @param mixed  $given What was sent.
 * @param string $old   What stays where that is none.
 */
function checked_server( $given, $old ) {
	$given = untrailingslashit( esc_url_raw( trim( (string) $given ), array( 'http', 'https' ) ) );
	$parts = '' === $given ? false : wp_parse_url( $given );
	if ( '' !== $given && ( empty( $parts['host'] ) || isset( $parts['query'] ) || isset( $parts['fragment'] ) || isset( $parts['user'] ) ) ) {
		add_settings_error( OPTION, 'server', __( 'The server’s address must look like https://comments.example.org.', 'rejoinder' ) );
		return $old;
	}
	return $given;
}

/**
 * A site's short name.
 *
 * @param mixed  $given What was sent.
 * @param string $old   What stays where that is none.
 */
function checked_site( $given, $old ) {
	$given = trim( (string) $given );
	if ( ! preg_match( '/^[a-z0-9](?:-?[a-z0-9]){0,62}$/D', $given ) ) {
		add_settings_error( OPTION, 'site', __( 'The site is its short name in Rejoinder: small letters, digits and hyphens.', 'rejoinder' ) );
		return $old;
	}
	return $given;
}

/**
 * What stands beside the names of users, by role.
 *
 * @param mixed $given What was sent.
 */
function checked_badges( $given ) {
	$badges = array();
	foreach ( array_keys( wp_roles()->get_names() ) as $role ) {
		$text            = isset( $given[ $role ] ) ? sanitize_text_field( (string) $given[ $role ] ) : '';
		$badges[ $role ] = mb_substr( $text, 0, 30 );
	}
	return $badges;
}

/**
 * A secret. An empty field is one that wasn't touched; `-` forgets it.
 *
 * @param string $name  A key of SECRETS.
 * @param mixed  $given What was sent.
 */
function checked_secret( $name, $given ) {
	$given = trim( (string) $given );
	$old   = (string) get_option( SECRETS[ $name ], '' );
	if ( '' === $given || $given === $old ) {
		return $old;
	}
	if ( '-' === $given ) {
		return '';
	}
	if ( 'key' === $name && ! preg_match( '/^[a-z0-9]{1,63}$/D', $given ) ) {
		add_settings_error( OPTION, 'key', __( 'That is no publisher’s key: those have small letters and digits only. The key before it stays.', 'rejoinder' ) );
		return $old;
	}
	if ( 'moderator' === $name && ! preg_match( '/^rm[a-z0-9]{1,61}$/D', $given ) ) {
		add_settings_error( OPTION, 'moderator', __( 'That is no moderator’s token: those begin with rm. The one before it stays.', 'rejoinder' ) );
		return $old;
	}
	if ( 'secret' === $name && ( strlen( $given ) < 32 || strlen( $given ) > 512 ) ) {
		add_settings_error( OPTION, 'secret', __( 'That is no sign-in secret: those have at least 32 characters. The one before it stays.', 'rejoinder' ) );
		return $old;
	}
	return $given;
}

/**
 * The types of content that can have comments here.
 *
 * @return \WP_Post_Type[] by name
 */
function possible_types() {
	$types = get_post_types( array( 'public' => true ), 'objects' );
	unset( $types['attachment'] );
	return $types;
}

/**
 * Whether a post's comments are Rejoinder's: of a chosen type, and readable by everybody, since
 * everybody may read a thread there.
 *
 * @param \WP_Post|int|null $post A post.
 */
function is_ours( $post ) {
	$post = get_post( $post );
	return $post && is_configured() && 'publish' === $post->post_status && '' === $post->post_password
		&& in_array( $post->post_type, setting( 'types' ), true );
}
